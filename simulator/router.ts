import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { ATTACHMENTS } from './captures.ts';
import type { Control } from './control.ts';
import type { Graph } from './graph/graph.ts';
import { isLoopbackHost, readJson, sendJson } from './http-exchange.ts';
import { type PhonePage, phoneRoute } from './phone-routes.ts';
import { SimulatorError } from './simulator-error.ts';
import type { World } from './world.ts';

/** Who answers what: `/phone/*` the person, `/control/*` tests and the curious, everything else the Graph API. */
export class Router {
  private readonly parts: { world: World; graph: Graph; control: Control; pages: PhonePage | undefined };

  constructor(parts: Router['parts']) {
    this.parts = parts;
  }

  /** Answers every request and throws nothing: a bad request is the sender's problem, never ours. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.route(request, response);
    } catch (error) {
      const known = error instanceof SimulatorError ? error : undefined;
      if (!known) this.parts.world.problem(error);
      if (response.headersSent || response.destroyed) {
        response.destroy();
        return;
      }
      // The rest of a body that was not read would otherwise be taken for the next request.
      if (!request.complete) response.setHeader('Connection', 'close');
      sendJson(response, known?.status ?? 500, {
        error: {
          code: known?.code ?? 'simulator_failed',
          message: known?.message ?? 'The simulator failed on this request.',
          nextStep: known?.nextStep ?? 'Send it again; if it fails again, restart the simulator.',
        },
      });
    }
  }

  private async route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { world, graph, pages } = this.parts;
    if (!isLoopbackHost(request.headers.host))
      throw new SimulatorError(
        'host_refused',
        'The simulator answers only to 127.0.0.1 and localhost.',
        'Use the address that it printed.',
        403,
      );
    const target = request.url ?? '/';
    if (!URL.canParse(target, 'http://127.0.0.1'))
      throw new SimulatorError('not_found', 'The address is not valid.', 'Check the path.', 404);
    const url = new URL(target, 'http://127.0.0.1');
    const path = url.pathname;
    if (path === '/') {
      sendJson(response, 200, { name: 'whatsapp-calling-simulator', phone: '/phone/', control: '/control/state' });
    } else if (path === '/phone') {
      response.writeHead(302, { Location: 'phone/' }).end();
    } else if (path.startsWith('/phone/')) {
      await phoneRoute(world, pages, request, response, url, path.slice('/phone/'.length));
    } else if (path.startsWith('/control/')) {
      await this.control(request, response, path.slice('/control/'.length));
    } else if (path === ATTACHMENTS && request.method === 'GET') {
      world.captures.send(request, response, url);
    } else {
      await graph.handle(request, response, url);
    }
  }

  private async control(request: IncomingMessage, response: ServerResponse, name: string): Promise<void> {
    const { control } = this.parts;
    if (request.method === 'GET' && control.isView(name)) {
      sendJson(response, 200, control.read(name));
    } else if (request.method === 'POST' && control.isCommand(name)) {
      const body = await readJson(request, z.record(z.string(), z.unknown()));
      sendJson(response, 200, await control.do(name, body as never));
    } else {
      throw new SimulatorError('not_found', 'The control API has no such command.', 'Check method and path.', 404);
    }
  }
}
