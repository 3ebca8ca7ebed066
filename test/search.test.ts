import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { createBinnacleDataSource } from '../src/data-source.js';
import { SearchIndexRepository } from '../src/features/traces/search/search-index.repository.js';
import { SearchIndexer } from '../src/features/traces/search/search-indexer.js';
import { Database } from '../src/platform/database.js';
import { JobQueue } from '../src/platform/jobs.js';
import { createLogger } from '../src/platform/logger.js';
import { ask, get, makeAgent, makeTask, register, type Person } from './support/client.js';
import { eventually } from './support/follower.js';
import { holds, plainSearch, type PlainFilter, type PlainStep } from './support/plain-search.js';
import { planNodes, statementsOf, type Statement } from './support/statements.js';
import { startTestServer, type TestServer } from './support/test-server.js';

let server: TestServer;
let database: Database;
beforeAll(async () => {
  // Without a worker: each test indexes when it is time to.
  server = await startTestServer({}, undefined, { api: true, worker: false });
  const dataSource = createBinnacleDataSource({ url: server.database.url });
  await dataSource.initialize();
  database = new Database(dataSource);
});
afterAll(async () => {
  await database.close();
  await server.stop();
});

/** @param enough weight for which a block is written; so little = everything is indexed, in blocks as small as they can be */
const indexer = (enough = 0.1) =>
  new SearchIndexer(
    database,
    new SearchIndexRepository(database),
    new JobQueue(),
    createLogger('silent'),
    enough,
  );

interface Connection<Node> {
  nodes: Node[];
  totalCount: number;
  pageInfo: {
    hasNextPage: boolean;
    hasPreviousPage: boolean;
    startCursor: string | null;
    endCursor: string | null;
  };
}
interface Hit {
  snippet: string;
  step: { seq: number };
  task: { id: string };
}

const pageInfo = 'pageInfo { hasNextPage hasPreviousPage startCursor endCursor }';
const searchQuery = `query ($projectId: ID!, $text: String!, $filter: StepFilter, $first: Int, $after: String) {
  searchSteps(projectId: $projectId, text: $text, filter: $filter, first: $first, after: $after) {
    nodes { snippet step { seq } task { id } } ${pageInfo} } }`;
const countQuery = `query ($projectId: ID!, $text: String!, $filter: StepFilter) {
  searchSteps(projectId: $projectId, text: $text, filter: $filter, first: 1) { totalCount } }`;
const stepsQuery = `query ($id: ID!, $filter: StepFilter, $first: Int, $after: String, $last: Int, $before: String) {
  task(id: $id) { steps(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
    nodes { seq } totalCount ${pageInfo} } } }`;

/** A project with tasks in it, and what was told of them. */
class Told {
  readonly tasks: string[] = [];
  readonly steps = new Map<string, PlainStep>();

  private constructor(
    readonly person: Person,
    private readonly agentId: string,
  ) {}

  static async begin(): Promise<Told> {
    const person = await register(server.url);
    return new Told(person, await makeAgent(server.url, person));
  }

  run<Data>(query: string, variables: Record<string, unknown>): Promise<Data> {
    return get<Data>(server.url, this.person.token, query, variables);
  }

  /** A task newer than those before. */
  async task(): Promise<number> {
    const startedAt = new Date(Date.UTC(2026, 0, 1) + this.tasks.length * 60_000).toISOString();
    return this.tasks.push(await makeTask(server.url, this.person.token, this.agentId, { startedAt })) - 1;
  }

  async tell(task: number, steps: Omit<PlainStep, 'task' | 'seq'>[]): Promise<void> {
    const input = { taskId: this.tasks[task], steps };
    await this.run('mutation ($input: RecordStepsInput!) { recordSteps(input: $input) { accepted } }', {
      input,
    });
    const last = Math.max(
      0,
      ...[...this.steps.values()].filter((step) => step.task === task).map(({ seq }) => seq),
    );
    let next = last;
    for (const step of steps) {
      const id = `${task} ${step.key}`;
      const before = this.steps.get(id);
      const given = Object.fromEntries(Object.entries(step).filter(([, value]) => value != null));
      this.steps.set(id, { ...before, ...given, task, seq: before?.seq ?? ++next } as PlainStep);
    }
  }

  /** Steps of no further interest than their text. */
  tellTexts(task: number, texts: unknown[]): Promise<void> {
    const from = this.steps.size;
    return this.tell(
      task,
      texts.map((input, index) => ({
        key: `t${from + index}`,
        type: 'TOOL',
        status: 'SUCCEEDED',
        name: 'call',
        input,
      })),
    );
  }

  /** A job makes way for others after some seconds. */
  async index(): Promise<void> {
    for (let left = Infinity, before = Infinity; left > 0; before = left) {
      await indexer().indexProject(this.person.projectId);
      left = await this.waiting();
      if (left === before) return;
    }
  }

  async waiting(): Promise<number> {
    const [row] = await server.database.query<{ count: number }>(
      'SELECT count(*)::int FROM tasks WHERE project_id = $1 AND searchable_revision < revision',
      [this.person.projectId],
    );
    return row!.count;
  }

  /** All hits of a search, by their places, walked in pages. */
  async found(text: string, filter?: PlainFilter, first = 500): Promise<string[]> {
    const places: string[] = [];
    for (let after: string | null = null; ;) {
      const { searchSteps: page }: { searchSteps: Connection<Hit> } = await this.run(searchQuery, {
        projectId: this.person.projectId,
        text,
        filter,
        first,
        after,
      });
      expect(page.nodes.length).toBeLessThanOrEqual(first);
      places.push(...page.nodes.map(({ task, step }) => `${this.tasks.indexOf(task.id)} ${step.seq}`));
      if (!page.pageInfo.hasNextPage) return places;
      expect(page.nodes).toHaveLength(first);
      after = page.pageInfo.endCursor;
    }
  }

  async count(text: string, filter?: PlainFilter): Promise<number> {
    const variables = { projectId: this.person.projectId, text, filter };
    return (await this.run<{ searchSteps: { totalCount: number } }>(countQuery, variables)).searchSteps
      .totalCount;
  }

  /** All matching steps of a task, walked in pages, and how many they are said to be. */
  async inTask(
    task: number,
    filter: PlainFilter,
    size: number,
    isBackwards: boolean,
  ): Promise<[number[], number]> {
    const seqs: number[] = [];
    for (let cursor: string | null = null; ;) {
      const where: Record<string, unknown> = isBackwards
        ? { last: size, before: cursor }
        : { first: size, after: cursor };
      const variables = { id: this.tasks[task], filter, ...where };
      const { steps } = (
        await this.run<{ task: { steps: Connection<{ seq: number }> } }>(stepsQuery, variables)
      ).task;
      const page = steps.nodes.map(({ seq }) => seq);
      if (isBackwards) seqs.unshift(...page);
      else seqs.push(...page);
      if (!(isBackwards ? steps.pageInfo.hasPreviousPage : steps.pageInfo.hasNextPage))
        return [seqs, steps.totalCount];
      cursor = isBackwards ? steps.pageInfo.startCursor : steps.pageInfo.endCursor;
    }
  }

  expected(text: string, filter?: PlainFilter): string[] {
    return plainSearch(this.steps.values(), text, filter).map(({ task, seq }) => `${task} ${seq}`);
  }
}

/** The same numbers on every run: 0 to 1. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
}

describe('what is found', () => {
  let told: Told;
  const texts: unknown[] = [
    { note: 'The customer asked for a Refund of order ORD-48213-x' },
    { id: 'calculate_ShippingCost', 'http.url': 'https://api.example.com/v2/refunds/8f31c0de' },
    'Заказ не найден, попробуйте ещё раз',
    { город: '北京市朝阳区' },
    'الطلب غير موجود في النظام',
    'well done 🙂 and 👩‍🚀',
    'İSTANBUL ve ISPARTA',
    'ΟΔΥΣΣΕΥΣ και Πηνελόπη',
    { quote: 'she said "hi" twice', path: 'C:\\temp\\new', lines: 'one\ntwo\tthree' },
    { rate: '100% of a_b', like: "it's \\% fine" },
    { status: 'FAILED', code: 404, ok: false, none: null, list: [1, 2.5] },
    `${'padding '.repeat(30_000)}the-very-end-of-a-long-text`,
  ];
  const finds: [text: string, places: number[]][] = [
    ['refund', [1, 2]],
    ['REFUND OF', [1]],
    ['48213', [1]],
    ['shippingcost', [2]],
    ['late_ship', [2]],
    ['8F31C0', [2]],
    ['ЗАКАЗ', [3]],
    ['айден, поп', [3]],
    ['北京', [4]],
    ['朝', [4]],
    ['"город":"北', [4]],
    ['موجود', [5]],
    ['🙂', [6]],
    ['🚀', [6]],
    ['istanbul', [7]],
    ['ISTANBUL', [7]],
    ['ısparta', [7]],
    ['οδυσσεύς', []],
    ['οδυσσευς', [8]],
    ['ΠΗΝΕΛΌΠΗ', [8]],
    ['said "hi" TWICE', [9]],
    ['c:\\temp\\new', [9]],
    ['one\ntwo\tthree', [9]],
    ['100%', [10]],
    ['a_b', [10]],
    ['a%b', []],
    ['100_', []],
    ['\\%', [10]],
    ["it's", [10]],
    ['"status":"failed","code":404,"ok":false,"none":null,"list":[1,2.5]', [11]],
    ['very-end-of-a-long', [12]],
    [`${'padding '.repeat(40)}the-very-end`, [12]],
    ['call', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]],
    ['q', [9]],
    ['xyz', []],
    ['callmore', []],
    ['call"', []],
  ];

  beforeAll(async () => {
    told = await Told.begin();
    await told.task();
    await told.tellTexts(0, texts);
    // Another project tells the same; none of it is found in this one.
    const other = await Told.begin();
    await other.task();
    await other.tellTexts(0, texts);
    await other.index();
  });

  const check = async () => {
    for (const [text, places] of finds) {
      expect([text, await told.found(text)]).toEqual([text, places.map((seq) => `0 ${seq}`)]);
      expect([text, await told.inTask(0, { search: text }, 500, false)]).toEqual([
        text,
        [places, places.length],
      ]);
    }
  };

  test('is found in all languages before anything is indexed', async () => {
    expect(await told.waiting()).toBe(1);
    await check();
  });

  test('is the same once it is indexed', async () => {
    await told.index();
    expect(await told.waiting()).toBe(0);
    await check();
    expect(told.expected('refund')).toEqual(['0 1', '0 2']);
  });

  test('comes with the words around it as they were written', async () => {
    const { searchSteps: page } = await told.run<{ searchSteps: Connection<Hit> }>(searchQuery, {
      projectId: told.person.projectId,
      text: 'said "HI"',
    });
    expect(page.nodes[0]?.snippet).toContain('{"quote":"she said "hi" twice","path":"C:\\temp');
    expect(page.nodes[0]?.snippet.length).toBeLessThan(200);
  });

  test('is what a step holds now: told again with another text it is found by that one alone', async () => {
    const task = await told.task();
    const again = (text: string) =>
      told.tell(task, [{ key: 'same', type: 'TOOL', status: 'SUCCEEDED', name: 'call', input: { text } }]);
    await again('formerwords');
    expect(await told.found('formerwords')).toEqual(['1 1']);
    await told.index();
    expect(await told.found('formerwords')).toEqual(['1 1']);
    await again('latterwords');
    for (let round = 0; round < 2; round++) {
      expect(await told.found('formerwords')).toEqual([]);
      expect(await told.found('latterwords')).toEqual(['1 1']);
      expect(await told.inTask(task, { search: 'formerwords' }, 10, false)).toEqual([[], 0]);
      expect(await told.inTask(task, { search: 'latterwords' }, 10, true)).toEqual([[1], 1]);
      await told.index();
    }
  });

  test('is nothing of another project, nor for a stranger', async () => {
    const stranger = await register(server.url);
    const variables = { projectId: told.person.projectId, text: 'refund' };
    const { errors } = await ask(server.url, stranger.token, searchQuery, variables);
    expect(errors?.[0]?.extensions.code).toBe('NOT_FOUND');
  });
});

describe('over random texts', () => {
  const random = numbers(11);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)]!;
  const bits = [
    'a',
    'B',
    'ab',
    ' ',
    'é',
    'Ж',
    'ж',
    '京',
    '北京',
    '🙂',
    'İ',
    'ı',
    'I',
    'Σ',
    'ς',
    '"',
    '\\',
    '\n',
    '%',
    '_',
  ];
  bits.push('\\n', '\\u0041', '{', '":', '\uffff', '\ufffd', 'order_', 'ORD-', '0', '1', 'ß');
  const text = (most: number) =>
    Array.from({ length: 1 + Math.floor(random() * most) }, () => pick(bits)).join('');
  const words = Array.from({ length: 12 }, () => text(12));
  const json = (depth: number): unknown => {
    const kind = random();
    if (depth > 2 || kind < 0.5)
      return pick([text(20), pick(words), pick(words) + text(4), 12.5, true, null]);
    if (kind < 0.7) return [json(depth + 1), json(depth + 1)];
    return { [text(4)]: json(depth + 1), [`k${pick(words)}`]: json(depth + 1) };
  };
  const types = ['LLM', 'TOOL', 'MESSAGE'];
  const statuses = ['SUCCEEDED', 'FAILED'];
  const step = (key: string) => ({
    key,
    type: pick(types),
    status: pick(statuses),
    name: random() < 0.3 ? pick(words) : `n${text(6)}`,
    error: random() < 0.2 ? { message: `e${text(10)}` } : null,
    input: random() < 0.05 ? text(900) : json(0),
    output: random() < 0.5 ? json(0) : null,
    attributes: random() < 0.2 ? { a: json(1) } : null,
  });
  const cased = (word: string) => (random() < 0.5 ? word.toLowerCase() : word);

  /** A word to search for: one of the usual, a part of some step, or anything. */
  const wordFor = (told: Told): string => {
    const kind = random();
    if (kind < 0.3) return cased(pick(words));
    if (kind < 0.4) return text(3);
    const { name, input } = pick([...told.steps.values()]);
    const source = [...(typeof input === 'string' ? input : name)];
    const from = Math.floor(random() * source.length);
    return cased(source.slice(from, from + 1 + Math.floor(random() * (random() < 0.2 ? 80 : 8))).join(''));
  };
  const filterFor = (told: Told): PlainFilter => ({
    ...(random() < 0.2 ? { types: [pick(types)] } : {}),
    ...(random() < 0.2 ? { statuses: [pick(statuses)] } : {}),
    ...(random() < 0.15 ? { search: wordFor(told) } : {}),
  });
  const isWord = (word: string) => word.trim() !== '' && word.length <= 500;

  async function check(told: Told, rounds: number): Promise<void> {
    for (let round = 0; round < rounds; round++) {
      const word = wordFor(told);
      const filter = filterFor(told);
      if (!isWord(word) || (filter.search !== undefined && !isWord(filter.search))) continue;
      const expected = told.expected(word, filter);
      const size = pick([1, 2, 7, 50, 500]);
      expect([word, filter, await told.found(word, filter, expected.length > 60 ? 50 : size)]).toEqual([
        word,
        filter,
        expected,
      ]);
      expect([word, filter, await told.count(word, filter)]).toEqual([word, filter, expected.length]);
      const task = Math.floor(random() * told.tasks.length);
      const inTask = { ...filter, search: word };
      const own = [...told.steps.values()].filter((one) => one.task === task);
      const seqs = plainSearch(own, word, { ...filter, search: word }).map(({ seq }) => seq);
      const pages = seqs.length > 60 ? 50 : size;
      expect([word, await told.inTask(task, inTask, pages, random() < 0.5)]).toEqual([
        word,
        [seqs, seqs.length],
      ]);
    }
  }

  test('each answer is that of a plain scan: before, while and after steps are indexed, told again and merged', async () => {
    const told = await Told.begin();
    for (let task = 0; task < 6; task++) await told.task();
    let key = 0;
    const tellSome = async () => {
      for (let batch = 0; batch < 12; batch++) {
        const task = Math.floor(random() * told.tasks.length);
        const steps = Array.from({ length: 1 + Math.floor(random() * 10) }, () =>
          step(random() < 0.25 ? `k${Math.floor(random() * (key + 1))}` : `k${key++}`),
        );
        // The same key twice in a call is told in the order given, which the plain list does not follow.
        await told.tell(task, [...new Map(steps.map((one) => [one.key, one])).values()]);
      }
    };
    await tellSome();
    await check(told, 25);
    for (let round = 0; round < 6; round++) {
      await told.index();
      expect(await told.waiting()).toBe(0);
      await check(told, 8);
      await tellSome();
      // Half of it indexed, half of it not.
      await check(told, 12);
    }
    const levels = await server.database.query<{ level: number }>(
      'SELECT DISTINCT level FROM search_bits WHERE project_id = $1 ORDER BY 1',
      [told.person.projectId],
    );
    expect(levels).toEqual([{ level: 0 }, { level: 1 }]);
  });

  test('while steps are told and indexed at the same time, nothing that stays is ever missing', async () => {
    const told = await Told.begin();
    for (let task = 0; task < 4; task++) {
      await told.task();
      await told.tellTexts(
        task,
        Array.from({ length: 60 }, (_, index) => (index % 10 === 0 ? `lighthouse ${text(30)}` : text(40))),
      );
    }
    const expected = told.expected('lighthouse');
    expect(expected).toHaveLength(24);
    let isOver = false;
    const changing = (async () => {
      for (let round = 0; round < 25; round++) {
        const kept = [...told.steps.values()].filter((one) => holds(one, 'lighthouse')).slice(0, 5);
        // Told again with other words around the one that stays, beside new ones without it.
        for (const { task, key } of kept) {
          const input = `${text(20)} LightHouse ${text(20)}`;
          await told.tell(task, [
            { key, type: 'TOOL', status: 'SUCCEEDED', name: 'call', input },
            { key: `new${round} ${key}`, type: 'TOOL', status: 'SUCCEEDED', name: 'call', input: text(60) },
          ]);
        }
      }
      isOver = true;
    })();
    const indexing = (async () => {
      while (!isOver) await Promise.all([told.index(), told.index()]);
    })();
    let looks = 0;
    while (!isOver) {
      expect(await told.found('lighthouse', {}, 7)).toEqual(expected);
      looks++;
    }
    await Promise.all([changing, indexing]);
    expect(looks).toBeGreaterThan(2);
  });
});

describe('the index', () => {
  let prepared = 0;

  /** How many steps are read to compare them. */
  const comparedBy = async (search: () => Promise<unknown>) =>
    (await statementsOf(search))
      .filter(({ text }) => text.includes('"isCut"'))
      .reduce((sum, { rows }) => sum + rows, 0);

  test('spares nearly all comparing, in a project and in a large task', async () => {
    const told = await Told.begin();
    const random = numbers(5);
    const syllables = 'ka lo mi ter ven sol dra pin gu ash el wo'.split(' ');
    const word = () => Array.from({ length: 3 }, () => syllables[Math.floor(random() * 12)]).join('');
    const large = await told.task();
    const others = [await told.task(), await told.task()];
    for (let batch = 0; batch < 6; batch++) {
      const texts = Array.from({ length: 500 }, () => Array.from({ length: 40 }, word).join(' '));
      if (batch === 2) texts[77] += ' wolverines';
      await told.tellTexts(batch < 4 ? large : others[batch - 4]!, texts);
    }
    expect(await comparedBy(() => told.found('wolverines'))).toBe(3000);
    await told.index();
    const inLarge = () => told.inTask(large, { search: 'wolverines' }, 50, false);
    expect(await comparedBy(() => told.found('wolverines'))).toBeLessThan(20);
    expect(await comparedBy(() => told.found('qqqq'))).toBeLessThan(20);
    expect(await told.found('wolverines')).toEqual(['0 1078']);
    expect(await inLarge()).toEqual([[1078], 1]);
    // In a task the first 256 are compared in any case; the count goes through it once more.
    expect(await comparedBy(inLarge)).toBeLessThan(2 * (256 + 20));
    // A common word is found among the first that are looked at.
    const common = { projectId: told.person.projectId, text: syllables[0], first: 50 };
    expect(await comparedBy(() => told.run(searchQuery, common))).toBeLessThan(200);
    const lookups = [
      ...(await statementsOf(() => told.found('wolverines'))),
      ...(await statementsOf(inLarge)),
    ].filter(({ text }) => /search_bits|search_runs/.test(text));
    expect(lookups.length).toBeGreaterThan(3);
    await addOtherRuns(told.tasks[0]!);
    await server.database.query('ANALYZE search_bits, search_runs, tasks');
    for (const statement of lookups) expect(await scannedWhole(statement)).toEqual([]);
  });

  /** As many runs as other projects would have, a hundred for each of two hundred tasks. */
  async function addOtherRuns(taskId: string): Promise<void> {
    const columns = await server.database.query<{ name: string }>(
      `SELECT attname AS name FROM pg_attribute WHERE attrelid = 'tasks'::regclass AND attnum > 0 AND NOT attisdropped`,
    );
    const names = columns.map(({ name }) => name);
    const values = names.map(
      (name) => ({ id: 'gen_random_uuid()', queued_at: `'2020-01-01'::timestamptz` })[name] ?? name,
    );
    await server.database.query(
      `WITH made AS (INSERT INTO tasks (${names.join()}) SELECT ${values.join()} FROM tasks, generate_series(1, 200) WHERE id = $1
         RETURNING id)
       INSERT INTO search_runs (task_id, project_id, first_slot, first_seqs, last_seqs)
       SELECT id, id, 1000000 + n, '{1}', '{1}' FROM made, generate_series(1, 100) AS n`,
      [taskId],
    );
  }

  /** The tables of the index that a plan reads from end to end, when it is made for any values at all. */
  async function scannedWhole({ text, values }: Statement): Promise<string[]> {
    const name = `lookup${++prepared}`;
    const { query } = server.database;
    await query('SET plan_cache_mode = force_generic_plan');
    await query(`PREPARE ${name} AS ${text}`);
    const given = values.map((value) =>
      Array.isArray(value) ? pg.escapeLiteral(`{${value.join()}}`) : pg.escapeLiteral(String(value)),
    );
    const nodes = planNodes(await query(`EXPLAIN (FORMAT JSON) EXECUTE ${name} (${given.join(', ')})`));
    const whole = nodes
      .filter((node) => node['Node Type'] === 'Seq Scan')
      .map((node) => node['Relation Name'] ?? '');
    return whole.filter((table) => table.startsWith('search_'));
  }

  test('is written by a worker once enough was told, and by the clock', async () => {
    const told = await Told.begin();
    const task = await told.task();
    const worker = await startTestServer({}, server.database, { api: true, worker: true });
    try {
      const texts = Array.from(
        { length: 500 },
        (_, index) => `walrus number ${index} ${'words '.repeat(200)}`,
      );
      // Through the process that has the trigger: after the commit it asks for the job.
      const steps = texts.map((input, index) => ({
        key: `w${index}`,
        type: 'TOOL',
        status: 'SUCCEEDED',
        name: 'call',
        input,
      }));
      await get(
        worker.url,
        told.person.token,
        'mutation ($input: RecordStepsInput!) { recordSteps(input: $input) { accepted } }',
        { input: { taskId: told.tasks[task], steps } },
      );
      await eventually('the steps are indexed', async () => (await told.waiting()) === 0);
      expect(await told.found('walrus number 417')).toEqual(['0 418']);
    } finally {
      await worker.stop();
    }
    // Too little for a block of its own: left to be searched as it stands.
    await told.tellTexts(task, ['a narwhal']);
    await indexer(448).indexWaiting();
    expect(await told.waiting()).toBe(1);
    expect(await told.found('narwhal')).toEqual(['0 501']);
  });

  test('passes over tasks that have no steps', async () => {
    const told = await Told.begin();
    for (let index = 0; index < 5; index++) await told.task();
    expect(await told.waiting()).toBe(5);
    await indexer(448).indexWaiting();
    expect(await told.waiting()).toBe(0);
    // What changes a task but no step leaves it as searchable as it was.
    await told.tellTexts(0, ['something']);
    await told.index();
    await told.run('mutation ($input: FinishTaskInput!) { finishTask(input: $input) { task { id } } }', {
      input: { taskId: told.tasks[0], status: 'SUCCEEDED' },
    });
    expect(await told.waiting()).toBe(0);
    await told.tellTexts(0, ['something else']);
    expect(await told.waiting()).toBe(1);
    expect(await told.found('else')).toEqual(['0 2']);
  });

  const runsOf = (told: Told) =>
    server.database.query<{ taskId: string; first: number; last: number }>(
      `SELECT task_id AS "taskId", first, last FROM search_runs, unnest(first_seqs, last_seqs) AS s (first, last)
       WHERE project_id = $1 ORDER BY task_id, first`,
      [told.person.projectId],
    );

  test('holds each step once, however many write it', async () => {
    const told = await Told.begin();
    for (let task = 0; task < 20; task++) {
      await told.task();
      await told.tellTexts(task, ['one text', 'x'.repeat(990), 'another text']);
    }
    await Promise.all(Array.from({ length: 4 }, () => told.index()));
    await told.index();
    expect(await told.waiting()).toBe(0);
    const runs = await runsOf(told);
    expect(runs.map(({ first, last }) => last - first + 1).reduce((sum, steps) => sum + steps, 0)).toBe(60);
    expect(await told.found('another')).toEqual(told.expected('another'));
  });

  test('an indexer that dies half-way leaves nothing behind, and another one goes on', async () => {
    const told = await Told.begin();
    for (let task = 0; task < 3; task++) {
      await told.task();
      await told.tellTexts(task, ['platypus here', 'nothing there']);
    }
    const expected = told.expected('platypus');
    // Somebody holds a task, so that the indexer has written nearly everything and waits.
    const holder = new pg.Client({ connectionString: server.database.url });
    await holder.connect();
    await holder.query('BEGIN');
    await holder.query('SELECT 1 FROM tasks WHERE id = $1 FOR UPDATE', [told.tasks[0]]);
    const ended = told.index().then(
      () => 'done',
      () => 'dead',
    );
    const victim = async () =>
      server.database.query<{ pid: number }>(
        `SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()
           AND query LIKE '%search_runs%'`,
      );
    await eventually('it waits', async () => (await victim()).length > 0);
    expect(await told.found('platypus')).toEqual(expected);
    for (const { pid } of await victim())
      await server.database.query('SELECT pg_terminate_backend($1)', [pid]);
    expect(await ended).toBe('dead');
    expect(await told.found('platypus')).toEqual(expected);
    await holder.query('ROLLBACK');
    await holder.end();
    await told.index();
    expect(await told.waiting()).toBe(0);
    expect(await runsOf(told)).toHaveLength(3);
    expect(await told.found('platypus')).toEqual(expected);
  });

  test('a task that cannot be indexed stops no other, and is found all the same', async () => {
    const told = await Told.begin();
    for (let task = 0; task < 5; task++) {
      await told.task();
      await told.tellTexts(task, [`echidna ${task}`]);
    }
    await server.database.query(
      `CREATE FUNCTION refuse_run() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN IF NEW.task_id = '${told.tasks[2]}' THEN RAISE 'broken'; END IF; RETURN NEW; END $$;
       CREATE TRIGGER refuse_run BEFORE INSERT ON search_runs FOR EACH ROW EXECUTE FUNCTION refuse_run()`,
    );
    try {
      await told.index();
      expect(await told.waiting()).toBe(1);
      expect(new Set((await runsOf(told)).map(({ taskId }) => taskId)).size).toBe(4);
      expect(await told.found('echidna')).toEqual(told.expected('echidna'));
    } finally {
      await server.database.query('DROP TRIGGER refuse_run ON search_runs; DROP FUNCTION refuse_run');
    }
    await told.index();
    expect(await told.waiting()).toBe(0);
  });

  test('goes with its tasks', async () => {
    const told = await Told.begin();
    await told.task();
    await told.task();
    await told.tellTexts(0, ['pangolin']);
    await told.tellTexts(1, ['pangolin']);
    await told.index();
    await server.database.query('DELETE FROM tasks WHERE id = $1', [told.tasks[0]]);
    expect(await runsOf(told)).toHaveLength(1);
    expect(await told.found('pangolin')).toEqual(['1 1']);
    expect(await told.count('pangolin')).toBe(1);
  });
});
