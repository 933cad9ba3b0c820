import { once } from 'node:events';

/** What an open editor is told by Node-RED: debug messages and the status of nodes. */
export class EditorEar {
  /** Raw text of everything that came. */
  readonly heard: string[] = [];
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => this.heard.push(String(data)));
  }

  /** @param origin such as `http://127.0.0.1:1880` */
  static async open(origin: string): Promise<EditorEar> {
    const socket = new WebSocket(`${origin.replace('http', 'ws')}/comms`);
    await once(socket, 'open');
    const ear = new EditorEar(socket);
    for (const subscribe of ['debug', 'status/#', 'notification/#']) socket.send(JSON.stringify({ subscribe }));
    return ear;
  }

  /** The messages of a topic, such as `status/NODE` or `debug`. */
  topic(start: string): { topic: string; data: unknown }[] {
    return this.heard
      .flatMap((text) => JSON.parse(text) as { topic: string; data: unknown } | { topic: string; data: unknown }[])
      .filter(({ topic }) => topic?.startsWith(start));
  }

  close(): void {
    this.#socket.close();
  }
}
