import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { get, type Person } from './client.js';

export const PASSWORD = 'correct horse battery';

/** The way from the browser to the server, which can be cut and mended. */
export interface CuttableWay {
  /** What stands in the browser's address bar. */
  url: string;
  /** Ends every connection at once and refuses new ones. */
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

/** A TCP proxy before a server: what a lost network looks like to both ends. */
export async function openCuttableWay(serverUrl: string): Promise<CuttableWay> {
  const sockets = new Set<Socket>();
  let isCut = false;
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  };
  const proxy = createServer((near) => {
    keep(near);
    if (isCut) return near.destroy();
    const far = connect(Number(new URL(serverUrl).port), new URL(serverUrl).hostname);
    keep(far);
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => {
    proxy.listen(0, 'localhost', resolve);
  });
  const end = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `http://localhost:${(proxy.address() as AddressInfo).port}`,
    cut: () => {
      isCut = true;
      end();
    },
    mend: () => {
      isCut = false;
    },
    close: () =>
      new Promise((resolve) => {
        proxy.close(() => resolve());
        end();
      }),
  };
}

/** What the pages did that they should not: errors and warnings on the console, and requests to other hosts. */
export class Watch {
  readonly complaints: string[] = [];
  readonly foreign: string[] = [];

  constructor(private readonly url: string) {}

  over(page: Page): void {
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('request', (request) => {
      const { origin } = new URL(request.url());
      if (origin !== this.url && origin !== this.url.replace('http', 'ws')) this.foreign.push(request.url());
    });
  }
}

/** A browser of its own for one person: nothing is shared with other contexts. */
export async function openContext(browser: Browser, baseURL: string): Promise<BrowserContext> {
  return browser.newContext({
    baseURL,
    viewport: { width: 1280, height: 800 },
    colorScheme: 'light',
    reducedMotion: 'reduce',
  });
}

/** Fills in the form of /sign-in, which the page must show already. */
export async function signIn(page: Page, username: string, password = PASSWORD): Promise<void> {
  await page.getByLabel('Username or email').fill(username);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface AxeFinding {
  id: string;
  impact: string | null;
  nodes: { html: string }[];
}

/** What axe finds that keeps people out: its serious and critical findings, each with the first element concerned. */
export async function seriousFindings(page: Page): Promise<string[]> {
  // The debugger's own way in, to which the page's content security policy does not apply.
  await page.evaluate(axe);
  const violations: AxeFinding[] = await page.evaluate('axe.run().then(({ violations }) => violations)');
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes[0]?.html.slice(0, 200)}`);
}

/** By how many pixels the page is wider than the window. */
export function overflowPx(page: Page): Promise<number> {
  return page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
}

export interface ExampleAgent {
  id: string;
  tasks: Record<string, string>;
}

/** Makes an agent with one task for each name given, which ends as told ("RUNNING" = goes on). */
export async function makeExampleAgent(
  url: string,
  person: Person,
  agent: { name: string; kind: string; model: string; config: object; description: string },
  tasks: Record<string, 'RUNNING' | 'SUCCEEDED' | 'FAILED'>,
): Promise<ExampleAgent> {
  const send = <Data>(query: string, input: object) => get<Data>(url, person.token, query, { input });
  const { createAgent } = await send<{ createAgent: { id: string } }>(
    'mutation($input: CreateAgentInput!) { createAgent(input: $input) { id } }',
    { projectId: person.projectId, provider: 'openai', ...agent },
  );
  const ids: Record<string, string> = {};
  for (const [name, status] of Object.entries(tasks)) {
    const { createTask } = await send<{ createTask: { id: string } }>(
      'mutation($input: CreateTaskInput!) { createTask(input: $input) { id } }',
      { agentId: createAgent.id, name, type: 'support', start: true },
    );
    ids[name] = createTask.id;
    await send('mutation($input: RecordStepsInput!) { recordSteps(input: $input) { accepted } }', {
      taskId: createTask.id,
      steps: exampleSteps(agent.model, status),
    });
    if (status === 'RUNNING') continue;
    await send('mutation($input: FinishTaskInput!) { finishTask(input: $input) { task { id } } }', {
      taskId: createTask.id,
      status,
      ...(status === 'FAILED' && { error: { message: 'HTTP 429: too many requests' } }),
    });
  }
  return { id: createAgent.id, tasks: ids };
}

function exampleSteps(model: string, status: string): object[] {
  const end = Date.now();
  const at = (msAgo: number) => new Date(end - msAgo).toISOString();
  return [
    {
      key: 'plan',
      type: 'LLM',
      name: 'plan the refund',
      model,
      status: 'SUCCEEDED',
      startedAt: at(9_000),
      endedAt: at(6_400),
      inputTokens: 1_240,
      outputTokens: 210,
      costUsd: 0.0052,
      input: [{ role: 'user', content: 'My kettle arrived broken. I want my money back.' }],
      output: { role: 'assistant', content: 'I shall look up the order first.' },
    },
    {
      key: 'order',
      type: 'TOOL',
      name: 'get_order_details',
      status: 'SUCCEEDED',
      startedAt: at(6_300),
      endedAt: at(5_100),
      input: { order_id: '#W2611340' },
      output: { status: 'delivered', items: [{ name: 'Electric Kettle', price: 142.17 }] },
    },
    {
      key: 'refund',
      type: 'TOOL',
      name: 'refund_payment',
      status: status === 'FAILED' ? 'FAILED' : 'SUCCEEDED',
      startedAt: at(5_000),
      endedAt: at(800),
      input: { order_id: '#W2611340', amount: 142.17 },
      ...(status === 'FAILED' && { error: { message: 'HTTP 429: too many requests' } }),
    },
  ];
}
