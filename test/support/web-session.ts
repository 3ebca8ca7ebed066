import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from './browser.js';
import { get, register, type Person } from './client.js';
import { startTestServer, type TestDatabase, type TestServer } from './test-server.js';
import { openContext, openCuttableWay, signIn, Watch, type CuttableWay } from './web.js';

const pictures = fileURLToPath(new URL('../../../../docs/pictures/', import.meta.url));

/** `PICTURES=1 npm test -- web` takes the pictures of the README anew. */
export async function takePicture(page: Page, name: string): Promise<void> {
  if (process.env.PICTURES) await page.screenshot({ path: `${pictures}${name}.png` });
}

/** A server, a browser on the other end of a way that can be cut, and a person with a project. */
export interface WebSession {
  server: TestServer;
  way: CuttableWay;
  browser: Browser;
  watch: Watch;
  person: Person;
  /** The address of the person's project, without the host. */
  base: string;
  /** A page in a browser that knows nothing of the others. */
  openPage(): Promise<Page>;
  /** As openPage, where the person has signed in. */
  openSignedIn(person?: Person): Promise<Page>;
  stop(): Promise<void>;
}

/**
 * @param settings of the server
 * @param database where it is not to have one of its own
 */
export async function startWebSession(
  name: string,
  settings: Parameters<typeof startTestServer>[0] = {},
  database?: TestDatabase,
): Promise<WebSession> {
  const server = await startTestServer(settings, database);
  const way = await openCuttableWay(server.url);
  const watch = new Watch(way.url);
  const person = await register(server.url, name);
  const { project } = await get<{ project: { slug: string } }>(
    server.url,
    person.token,
    'mutation($input: UpdateProjectInput!) { project: updateProject(input: $input) { slug } }',
    { input: { id: person.projectId, name: 'Help desk' } },
  );
  const browser = await launchBrowser();
  const openPage = async () => {
    const page = await (await openContext(browser, way.url)).newPage();
    page.setDefaultTimeout(120_000);
    watch.over(page);
    return page;
  };
  return {
    server,
    way,
    browser,
    watch,
    person,
    base: `/p/${project.slug}`,
    openPage,
    openSignedIn: async ({ username } = person) => {
      const page = await openPage();
      await page.goto('/sign-in');
      await signIn(page, username);
      await page.waitForURL('**/tasks');
      return page;
    },
    stop: async () => {
      await browser.close();
      await way.close();
      await server.stop();
    },
  };
}
