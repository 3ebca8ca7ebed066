import { randomBytes } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { graphqlRequest, GraphqlRequestError } from '../../platform/graphql-client.js';
import type { FleetProject } from './fleet-api.js';

/** There is no demo person on this server, and none can be made; the message says what to do instead. */
export class NoDemoPersonError extends Error {
  override readonly name = 'NoDemoPersonError';
}

interface Session {
  token: string;
  user: { memberships: { role: string; project: FleetProject }[] };
}

interface Credentials {
  username: string;
  password: string;
}

const username = 'demo';
const sessionFields = 'token user { memberships { role project { id slug } } }';
const registerDocument = `mutation DemoRegister($input: RegisterInput!) { register(input: $input) { ${sessionFields} } }`;
const loginDocument = `mutation DemoLogin($input: LoginInput!) { login(input: $input) { ${sessionFields} } }`;
const logoutDocument = 'mutation DemoLogout { logout }';

/** The person in whose project the demo runs. The password is made once and kept in demo.json of BINNACLE_HOME. */
export class DemoPerson {
  #session: Session | undefined;
  #signingIn: Promise<void> | undefined;

  private constructor(
    private readonly endpoint: string,
    readonly credentials: Credentials,
    /** Where the credentials are kept. */
    readonly file: string,
  ) {}

  /**
   * Signs in, or registers where the server does not know the person yet.
   * @throws NoDemoPersonError where registration is closed, or the name belongs to somebody else
   */
  static async open(endpoint: string, homeDir: string): Promise<DemoPerson> {
    const file = join(homeDir, 'demo.json');
    const kept = await readCredentials(file);
    const person = new DemoPerson(endpoint, kept ?? (await makeCredentials(file)), file);
    try {
      if (!kept || !(await person.#trySignIn())) await person.#register();
    } catch (error) {
      // A password that opens nothing is not kept, for whoever tries again later.
      if (!kept) await rm(file, { force: true });
      throw error;
    }
    return person;
  }

  get token(): string {
    return this.#signedIn.token;
  }

  /** The person's own project. */
  get project(): FleetProject {
    const own = this.#signedIn.user.memberships.filter(({ role }) => role === 'ADMIN');
    const [first] = own;
    const named = own.find(
      ({ project }) => project.slug === username || project.slug.startsWith(`${username}-`),
    );
    const membership = named ?? first;
    if (!membership) throw new NoDemoPersonError('The demo person administers no project any more.');
    return membership.project;
  }

  /** Signs in again, as when the session has run out; several at a time sign in once. */
  signIn(): Promise<void> {
    this.#signingIn ??= this.#openSession(loginDocument, {
      login: this.credentials.username,
      password: this.credentials.password,
    }).finally(() => {
      this.#signingIn = undefined;
    });
    return this.#signingIn;
  }

  /**
   * One operation in the person's name; with a new session where the present one has run out.
   * @param options `attempts` above 1 only for what may come twice
   */
  async ask<Data>(
    query: string,
    variables: Record<string, unknown>,
    options: { attempts: number; signal?: AbortSignal } = { attempts: 1 },
  ): Promise<Data> {
    const send = () =>
      graphqlRequest<Data>(this.endpoint, { query, variables, token: this.token, ...options });
    try {
      return await send();
    } catch (error) {
      if (!(error instanceof GraphqlRequestError) || error.code !== 'UNAUTHENTICATED') throw error;
      await this.signIn();
      return send();
    }
  }

  async signOut(): Promise<void> {
    await this.ask(logoutDocument, {});
  }

  get #signedIn(): Session {
    if (!this.#session) throw new Error('The demo person is not signed in.');
    return this.#session;
  }

  async #trySignIn(): Promise<boolean> {
    try {
      await this.signIn();
      return true;
    } catch (error) {
      if (error instanceof GraphqlRequestError && error.code === 'UNAUTHENTICATED') return false;
      throw error;
    }
  }

  async #register(): Promise<void> {
    const input = { ...this.credentials, email: `${username}@binnacle.example` };
    try {
      await this.#openSession(registerDocument, input);
    } catch (error) {
      const code = error instanceof GraphqlRequestError ? error.code : '';
      if (code !== 'CONFLICT' && code !== 'FORBIDDEN') throw error;
      const reason =
        code === 'CONFLICT'
          ? `The name "${username}" is taken on this server, and its password is not in ${this.file}.`
          : 'Registration is closed on this server, so no demo person can be made.';
      throw new NoDemoPersonError(
        `${reason} Make an API key with the scopes READ and INGEST, best in a project of its own, and run the demo with BINNACLE_URL and BINNACLE_API_KEY.`,
        { cause: error },
      );
    }
  }

  async #openSession(query: string, input: object): Promise<void> {
    const answer = await graphqlRequest<{ login?: Session; register?: Session }>(this.endpoint, {
      query,
      variables: { input },
    });
    this.#session = answer.login ?? answer.register;
  }
}

async function readCredentials(file: string): Promise<Credentials | null> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  try {
    const { username, password } = JSON.parse(text) as Partial<Credentials>;
    if (typeof username === 'string' && typeof password === 'string') return { username, password };
  } catch {
    // Said below, as for a file that holds something else.
  }
  throw new NoDemoPersonError(`${file} does not hold a username and a password. Delete it to begin anew.`);
}

async function makeCredentials(file: string): Promise<Credentials> {
  const password = randomBytes(12)
    .toString('hex')
    .replace(/(.{6})(?=.)/g, '$1-');
  const credentials = { username, password };
  await writeFile(file, `${JSON.stringify(credentials, null, 2)}\n`, {
    mode: 0o600,
    flag: 'wx',
    flush: true,
  });
  return credentials;
}
