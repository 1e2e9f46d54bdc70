// An agent, as the protocol document has it: REST and a socket.

import { once } from "node:events";

import WebSocket from "ws";

import type { Server } from "./server.ts";

export type Json = { [member: string]: unknown };

type Registered = { session_id: string; websocket_url: string; token: string };

export class Agent {
  private socket: WebSocket | undefined;
  private frames: Json[] = [];

  private constructor(
    private readonly server: Server,
    /** The answer to its registration. */
    readonly session: Registered,
  ) {}

  /** Registers a session. */
  static async join(server: Server, registration: Json): Promise<Agent> {
    const answer = await call(server, await server.token(), "session/register", {
      agent_type: "code_assistant",
      ...registration,
    });
    return new Agent(server, answer as Registered);
  }

  /** The session's id. */
  get id(): string {
    return this.session.session_id;
  }

  /** Broadcasts over REST. */
  async broadcast(event_type: string, data: Json, to?: string[]): Promise<Json> {
    return this.call("broadcast", { event_type, data, ...(to ? { to } : {}) });
  }

  /** Gives a sign of life. */
  async heartbeat(change: Json = {}): Promise<void> {
    await this.call("session/heartbeat", change);
  }

  /** Changes its metadata. */
  async update(change: Json): Promise<void> {
    await this.call("session/update", change);
  }

  /** Leaves. */
  async leave(reason = "done"): Promise<void> {
    this.hangUp();
    await this.call("session/end", { reason });
  }

  /** Opens the socket of its `websocket_url`. */
  async connect(): Promise<void> {
    const socket = new WebSocket(this.session.websocket_url);
    this.socket = socket;
    socket.on("message", (text) => this.frames.push(JSON.parse(String(text)) as Json));
    await once(socket, "open");
  }

  /** What came over the socket of this event type. */
  received(event_type: string): Json[] {
    return this.frames.filter((frame) => frame["event_type"] === event_type);
  }

  /** Closes the socket. */
  hangUp(): void {
    this.socket?.close();
    this.socket = undefined;
  }

  /** Cuts the socket, as a machine that loses its network does. */
  breakOff(): void {
    this.socket?.terminate();
    this.socket = undefined;
  }

  private call(path: string, body: Json): Promise<Json> {
    return call(this.server, this.session.token, path, body);
  }
}

async function call(server: Server, token: string, path: string, body: Json): Promise<Json> {
  const answer = await fetch(`${server.url}/api/leitl/${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
  return (JSON.parse(text) ?? {}) as Json;
}
