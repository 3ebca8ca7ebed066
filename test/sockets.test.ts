import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { get, openSocket, register } from './support/client.js';
import { startTestServer, type TestServer } from './support/test-server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ MAX_SOCKETS: '3' });
});
afterAll(() => server.stop());

test('a socket that is open already may do what its owner is allowed since', async () => {
  const person = await register(server.url);
  const client = openSocket(server.url, person.token);
  const projects = async () => {
    for await (const { data } of client.iterate<{ projects: { id: string }[] }>({
      query: '{ projects { id } }',
    })) {
      return data?.projects.map(({ id }) => id);
    }
    return undefined;
  };
  expect(await projects()).toEqual([person.projectId]);
  const { createProject } = await get<{ createProject: { id: string } }>(
    server.url,
    person.token,
    'mutation { createProject(input: { name: "Second" }) { id } }',
  );
  expect(await projects()).toEqual([person.projectId, createProject.id]);
  await client.dispose();
});

test('sockets are bounded in number; one more is refused with 503, and has a place when another has gone', async () => {
  const open = () => {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    return new Promise<WebSocket | number>((resolve, reject) => {
      socket.once('open', () => resolve(socket));
      socket.once('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
      socket.once('error', reject);
    });
  };
  const sockets = [await open(), await open(), await open()];
  expect(sockets.filter((socket) => typeof socket === 'number')).toEqual([]);
  expect(await open()).toBe(503);
  const [first] = sockets;
  if (first instanceof WebSocket) first.close();
  let again: WebSocket | number = 503;
  for (let attempt = 0; attempt < 100 && again === 503; attempt++) again = await open();
  expect(again).toBeInstanceOf(WebSocket);
  for (const socket of [...sockets, again]) if (socket instanceof WebSocket) socket.terminate();
});
