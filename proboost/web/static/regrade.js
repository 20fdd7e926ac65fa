// The page of a regrade that is under way: looks again until it is done.
setTimeout(() => location.reload(), 2000);
