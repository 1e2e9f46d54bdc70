// An observer that joins and then never reads, as a program that hangs.

import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";

import type { Server } from "./server.ts";

export class SlowReader {
  private constructor(private readonly socket: Socket) {}

  /** Joins as an observer: the handshake of RFC 6455, section 4.1, and no more. */
  static async join(server: Server): Promise<SlowReader> {
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    // The server may cut the line.
    socket.on("error", () => {});
    await once(socket, "connect");
    socket.write(
      [
        `GET /api/leitl/ws?token=${await server.token()} HTTP/1.1`,
        `Host: ${hostname}:${port}`,
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
        "\r\n",
      ].join("\r\n"),
    );
    const [answer] = (await once(socket, "data")) as [Buffer];
    socket.pause();
    if (!answer.toString().startsWith("HTTP/1.1 101")) throw new Error(answer.toString());
    return new SlowReader(socket);
  }

  /** Goes away. */
  leave(): void {
    this.socket.destroy();
  }
}
