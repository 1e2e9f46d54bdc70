// A WebDAV server that answers 500 to everything until it is mended.

import { once } from "node:events";
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";

const EMPTY =
  '<?xml version="1.0"?><d:multistatus xmlns:d="DAV:"><d:response><d:href>/files/</d:href>' +
  "<d:propstat><d:prop><d:resourcetype><d:collection/></d:resourcetype></d:prop>" +
  "<d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response></d:multistatus>";

export class BrokenFolder {
  /** Whether it answers 500. */
  broken = false;

  private constructor(private readonly http: HttpServer) {}

  /** Starts it, whole. */
  static async start(): Promise<BrokenFolder> {
    const http = createServer((request, response) => {
      request.resume();
      if (folder.broken) {
        response.writeHead(500).end();
      } else if (request.method === "PROPFIND") {
        response.writeHead(207, { "content-type": "application/xml" }).end(EMPTY);
      } else {
        response.writeHead(200, { dav: "1", allow: "OPTIONS, GET, PROPFIND" }).end();
      }
    });
    const folder = new BrokenFolder(http);
    http.listen(0, "127.0.0.1");
    await once(http, "listening");
    return folder;
  }

  /** The folder's address. */
  get url(): string {
    return `http://127.0.0.1:${(this.http.address() as AddressInfo).port}/files/`;
  }

  /** Stops it. */
  async stop(): Promise<void> {
    this.http.closeAllConnections();
    this.http.close();
    await once(this.http, "close");
  }
}
