import { GivenUp, type AgentScript, type Fault, type Plan } from '../plan.js';
import { Stage } from '../stage.js';

const directions = [
  { from: 'shop', to: 'crm', what: 'customers' },
  { from: 'crm', to: 'newsletter', what: 'subscribers' },
  { from: 'warehouse', to: 'shop', what: 'stock levels' },
] as const;

const tooMany: Fault = { httpStatus: 429, message: 'Too many requests: 100 a minute are allowed.' };
const refused: Fault = {
  httpStatus: 401,
  code: 'invalid_token',
  message: 'The access token of the target was revoked.',
};

/** Copies records between systems, without any model: quick, cheap and nearly always right. */
export const crmSync: AgentScript = {
  name: 'crm-sync',
  kind: 'CUSTOM',
  description:
    'Keeps records of three systems the same. No model is asked, so it costs nothing that is known. Made up.',
  setup: { config: { batchSize: 200, mode: 'incremental', asksAboveDeletions: 50 } },
  share: 2,
  job(random) {
    const direction = random.pick(directions);
    const since = `cursor_${random.code(10)}`;
    const pages = random.whole(1, 4);
    return {
      name: `Sync ${direction.what}: ${direction.from} → ${direction.to}`,
      type: 'sync',
      input: { ...direction, since },
      tags: ['sync', `target:${direction.to}`],
      plan: (model) => sync(new Stage(random, model), direction.what, pages),
    };
  },
};

function* sync(stage: Stage, what: string, pages: number): Plan {
  const { random } = stage;
  const isRefused = random.chance(0.03);
  const totals = { read: 0, written: 0, unchanged: 0, deleted: 0 };
  for (let page = 1; page <= pages; page++) {
    yield* stage.progress((page - 1) / pages, `Batch ${page} of ${pages}`);
    const rows = random.whole(80, 200);
    const list = {
      name: 'source.list_changes',
      input: { page, limit: 200 },
      output: { rows, next: page < pages ? page + 1 : null },
      takesMs: 520,
    };
    yield* stage.retried(list, tooMany, random.chance(0.1) ? random.whole(1, 2) : 0);
    yield* stage.do('SYSTEM', {
      name: 'compare',
      input: { rows },
      output: { changed: Math.round(rows * 0.3) },
      takesMs: 45,
    });
    if (isRefused) {
      yield* stage.tool({ name: 'target.upsert', input: { rows }, takesMs: 130, fault: refused });
      throw new GivenUp(refused);
    }
    const changed = Math.round(rows * 0.3);
    const half = Math.ceil(changed / 2);
    yield* stage.together(
      [half, changed - half].map((count) =>
        stage.step('TOOL', {
          name: 'target.upsert',
          input: { count },
          output: { written: count },
          takesMs: 800,
        }),
      ),
    );
    totals.read += rows;
    totals.written += changed;
    totals.unchanged += rows - changed;
  }
  if (random.chance(0.12)) totals.deleted = yield* deleteGone(stage, what);
  yield* stage.do('SYSTEM', {
    name: 'keep the cursor',
    output: { cursor: `cursor_${random.code(10)}` },
    takesMs: 20,
  });
  return { status: 'SUCCEEDED', output: totals };
}

function* deleteGone(stage: Stage, what: string): Plan<number> {
  const count = stage.random.whole(60, 900);
  const { status } = yield* stage.ask({
    kind: 'APPROVAL',
    reason: `${count} ${what} are gone at the source. Deleting more than 50 needs an approval.`,
    question: { delete: count, sample: Array.from({ length: 5 }, () => `rec_${stage.random.code(8)}`) },
    pretend: stage.random.chance(0.3)
      ? { status: 'REJECTED', answer: { note: 'Looks like a broken export. Keep them.' } }
      : { status: 'APPROVED', answer: { note: 'That was the spring clean-up.' } },
  });
  if (status === 'REJECTED') return 0;
  yield* stage.tool({ name: 'target.delete', input: { count }, output: { deleted: count }, takesMs: 1400 });
  return count;
}
