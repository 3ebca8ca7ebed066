import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as Client2025 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as Transport2025 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

export interface ToolAnswer<Data = Record<string, unknown>> {
  data: Data;
  text: string;
  isError: boolean;
}

export interface Progress {
  progress: number;
  total?: number | undefined;
  message?: string | undefined;
}

/** What both official clients can do, in one form. */
export interface McpClient {
  version: string | undefined;
  tools(): Promise<{ name: string; annotations?: object | undefined }[]>;
  call<Data = Record<string, unknown>>(
    name: string,
    args?: Record<string, unknown>,
    onProgress?: (progress: Progress) => void,
    signal?: AbortSignal,
  ): Promise<ToolAnswer<Data>>;
  close(): Promise<void>;
}

interface RawAnswer {
  content?: unknown;
  structuredContent?: unknown;
  isError?: unknown;
}

function answerOf<Data>({ content, structuredContent, isError }: RawAnswer): ToolAnswer<Data> {
  const [first] = content as { type: string; text: string }[];
  return { data: structuredContent as Data, text: first?.text ?? '', isError: isError === true };
}

const info = { name: 'test', version: '1' };
const timeout = 120_000;
const credentials = (key: string) => ({ requestInit: { headers: { authorization: `Bearer ${key}` } } });

export type Era = '2026' | '2025';

/** The official client of an era, connected. */
export function connectMcp(url: string, key: string, era: Era = '2026'): Promise<McpClient> {
  return era === '2026' ? connect2026(url, key) : connect2025(url, key);
}

async function connect2026(url: string, key: string): Promise<McpClient> {
  const client = new Client(info, { versionNegotiation: { mode: { pin: '2026-07-28' } } });
  await client.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`), credentials(key)));
  // From then on the client checks each answer by the schema of its tool.
  await client.listTools();
  return {
    version: client.getNegotiatedProtocolVersion(),
    tools: async () => (await client.listTools()).tools,
    call: async (name, args = {}, onprogress, signal) =>
      answerOf(
        await client.callTool(
          { name, arguments: args },
          { timeout, ...(onprogress ? { onprogress } : {}), ...(signal ? { signal } : {}) },
        ),
      ),
    close: () => client.close(),
  };
}

async function connect2025(url: string, key: string): Promise<McpClient> {
  const client = new Client2025(info);
  const transport = new Transport2025(new URL(`${url}/mcp`), credentials(key));
  // The transport's optional properties are typed without exactOptionalPropertyTypes.
  await client.connect(transport as Parameters<Client2025['connect']>[0]);
  // As above.
  await client.listTools();
  return {
    version: transport.protocolVersion,
    tools: async () => (await client.listTools()).tools,
    call: async (name, args = {}, onprogress, signal) =>
      answerOf(
        (await client.callTool({ name, arguments: args }, undefined, {
          timeout,
          ...(onprogress ? { onprogress } : {}),
          ...(signal ? { signal } : {}),
        })) as RawAnswer,
      ),
    close: () => client.close(),
  };
}

export interface McpReply {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

/** One HTTP request to /mcp as it stands, with any Host: fetch would set its own. */
export function sendMcp(
  url: string,
  headers: Record<string, string>,
  body: string | Buffer = '',
  method = 'POST',
): Promise<McpReply> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(`${url}/mcp`, { method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString(),
        }),
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** A way to the server that adds the key, for programs that cannot send one; everything else passes as it is, Host too. */
export async function withKeyAdded(
  url: string,
  key: string,
): Promise<{ url: string; stop: () => Promise<void> }> {
  const { hostname, port } = new URL(url);
  const proxy = createServer((incoming, outgoing) => {
    const headers = { ...incoming.headers, authorization: `Bearer ${key}` };
    const { method, url: path } = incoming;
    const onward = httpRequest({ hostname, port, path, method, headers }, (response) => {
      outgoing.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    outgoing.on('close', () => onward.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => {
    proxy.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        proxy.closeAllConnections();
        proxy.close(() => resolve());
      }),
  };
}
