// A WebDAV folder on a server that lists at once and gives its files only when told.

import { once } from "node:events";
import { createServer, type Server as HttpServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export class SlowFolder {
  private waiting: ServerResponse[] = [];
  private released = false;

  private constructor(
    private readonly http: HttpServer,
    private readonly names: string[],
  ) {}

  /** Serves files of these names. */
  static async start(names: string[]): Promise<SlowFolder> {
    const http = createServer((request, response) => {
      request.resume();
      if (request.method === "PROPFIND") {
        response.writeHead(207, { "content-type": "application/xml" }).end(folder.listing());
      } else if (request.method === "GET") {
        folder.waiting.push(response);
        if (folder.released) folder.release();
      } else {
        response.writeHead(200, { dav: "1", allow: "OPTIONS, GET, PROPFIND" }).end();
      }
    });
    const folder = new SlowFolder(http, names);
    http.listen(0, "127.0.0.1");
    await once(http, "listening");
    return folder;
  }

  /** The folder's address. */
  get url(): string {
    return `http://127.0.0.1:${(this.http.address() as AddressInfo).port}/files/`;
  }

  /** Gives `count` of the files that are waited for; all, also later, without. */
  release(count?: number): void {
    this.released = count === undefined;
    for (const response of this.waiting.splice(0, count ?? this.waiting.length)) {
      response.writeHead(200, { "content-type": "text/plain" }).end("lighthouse");
    }
  }

  /** How many files are waited for. */
  get asked(): number {
    return this.waiting.length;
  }

  /** Stops it. */
  async stop(): Promise<void> {
    this.release();
    this.http.closeAllConnections();
    this.http.close();
    await once(this.http, "close");
  }

  private listing(): string {
    const entry = (href: string, type: string) =>
      `<d:response><d:href>${href}</d:href><d:propstat><d:prop>${type}</d:prop>` +
      "<d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>";
    const files = this.names.map((name) =>
      entry(
        `/files/${name}`,
        `<d:resourcetype/><d:getetag>"${name}"</d:getetag><d:getcontentlength>10</d:getcontentlength>`,
      ),
    );
    const self = entry("/files/", "<d:resourcetype><d:collection/></d:resourcetype>");
    return `<?xml version="1.0"?><d:multistatus xmlns:d="DAV:">${self}${files.join("")}</d:multistatus>`;
  }
}
