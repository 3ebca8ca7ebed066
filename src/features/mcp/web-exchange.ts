import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import type { Request as NodeRequest, Response as NodeResponse } from 'express';

/** What the protocol reads of a request; credentials are not among it. */
const passedOn = /^(?:accept|content-type|mcp-.*|last-event-id)$/;

/** The request without its body, which has been read; its signal tells that the caller is gone. */
export function webRequest(request: NodeRequest, response: NodeResponse): Request {
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  const headers = Object.entries(request.headers).flatMap(([name, value]): [string, string][] =>
    passedOn.test(name) && value !== undefined ? [[name, String(value)]] : [],
  );
  // The address is read by nobody: there is one endpoint.
  return new Request('http://localhost/mcp', { method: request.method, headers, signal: gone.signal });
}

/** Answers as the protocol does; a stream goes out bit by bit, no faster than it is taken. */
export async function sendWebResponse(answer: Response, response: NodeResponse): Promise<void> {
  response.status(answer.status);
  for (const [name, value] of answer.headers) {
    // How the connection goes on is for the server to say.
    if (name !== 'connection') response.setHeader(name, value);
  }
  if (!answer.body) return void response.end();
  response.flushHeaders();
  // A caller that goes away breaks the pipe, and has its call cancelled.
  await pipeline(Readable.fromWeb(answer.body as ReadableStream), response).catch(() => undefined);
}
