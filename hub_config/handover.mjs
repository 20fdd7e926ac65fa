// Loaded before the proxy: it takes the public socket from the supervisor instead of binding one, and only when told
// (SIGUSR2), which is when it knows its routes. So a proxy that comes back answers nothing wrongly, and what people send
// meanwhile waits in the socket.
import net from "node:net";

const descriptor = Number(process.env.PROBOOST_PUBLIC_FD);
const port = Number(process.env.PROBOOST_PORT);
const listen = net.Server.prototype.listen;

net.Server.prototype.listen = function (...given) {
  if (given[0] !== port) return listen.apply(this, given);
  process.once("SIGUSR2", () => listen.call(this, { fd: descriptor }));
  return this;
};
process.on("SIGUSR2", () => {}); // one that comes too early or twice ends nothing
