// The reference: Socket.IO with the Redis adapter, one process, rooms of people, every message to everybody in the room.
// Arguments: the path of the Redis socket, where the libraries are installed. Prints its port when it is ready.
import { createRequire } from "node:module";
import { createServer } from "node:http";

const [redisPath, libraries] = process.argv.slice(2);
const require = createRequire(libraries + "/");
const { Server } = require("socket.io");
const { createAdapter } = require("@socket.io/redis-adapter");
const { createClient } = require("redis");

const publisher = createClient({ socket: { path: redisPath } });
const subscriber = publisher.duplicate();
await Promise.all([publisher.connect(), subscriber.connect()]);

const http = createServer();
const io = new Server(http, { transports: ["websocket"], serveClient: false });
io.adapter(createAdapter(publisher, subscriber));
io.on("connection", async (socket) => {
  const room = String(socket.handshake.query.room);
  await socket.join(room);
  socket.on("say", (message) => io.to(room).emit("said", message));
});
http.listen(0, "127.0.0.1", () => console.log(http.address().port));
