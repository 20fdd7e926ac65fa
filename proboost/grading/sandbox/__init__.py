"""The split sandbox: a learner's program and the author's tests run apart, and only data crosses between them.

Everything that runs inside (`zygote`, `room`, `learner`, `tester` and what they import) uses the standard library and
its own siblings alone, and is loaded before the cage is entered: inside, no file of ProBoost is to be seen.
"""
