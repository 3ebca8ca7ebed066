import { GivenUp, type AgentScript, type Plan } from '../plan.js';
import { Stage, type ChatMessage } from '../stage.js';
import { pullRequests, type PullRequest } from './pull-requests.js';

const rules =
  'Review the change as a colleague would: correctness first, then data loss, races and security, last style. ' +
  'Quote the line. Say nothing where nothing is wrong.';

/** Reads changes with a model that reasons, runs the tests, and asks before it pushes a mend. */
export const codeReviewer: AgentScript = {
  name: 'code-reviewer',
  kind: 'LLM',
  description: 'Reviews pull requests, file by file, and runs their tests. Made up.',
  setup: {
    provider: 'openai',
    model: 'o4-mini',
    config: { reasoningEffort: 'medium', maxFiles: 40, mayPush: 'after approval' },
  },
  share: 3,
  job(random) {
    const change = random.pick(pullRequests);
    const number = random.whole(180, 2400);
    return {
      name: `${change.repository}#${number}: ${change.title}`,
      type: 'code_review',
      input: {
        repository: change.repository,
        number,
        title: change.title,
        author: change.author,
        head: random.code(7),
        changedFiles: change.files.map(({ path }) => path),
      },
      tags: [`repo:${change.repository.split('/')[1] ?? ''}`, `author:${change.author}`],
      priority: change.author === 'renovate-bot' ? -10 : 0,
      plan: (model) => review(new Stage(random, model), change, number),
    };
  },
};

function* review(stage: Stage, change: PullRequest, number: number): Plan {
  const { random } = stage;
  const fate = random.weighted({ reviewed: 90, testsHang: 5, tooLarge: 5 });
  yield* stage.tool({
    name: 'git.fetch',
    input: { repository: change.repository, ref: `refs/pull/${number}/head` },
    output: { commits: random.whole(1, 6), files: change.files.length },
    takesMs: 1800,
  });
  yield* stage.together(
    change.files.map(({ path, patch }) =>
      stage.step('TOOL', { name: 'git.diff', input: { path }, output: { path, patch }, takesMs: 120 }),
    ),
  );
  if (fate === 'tooLarge') {
    yield* stage.llm({
      name: 'read the lock file',
      messages: [{ role: 'user', content: 'package-lock.json: 41,816 lines changed' }],
      reply: '',
      fault: {
        httpStatus: 400,
        code: 'context_length_exceeded',
        message: 'The messages take 231,406 tokens; this model takes 200,000.',
      },
    });
  }
  const comments: { path: string; comment: string }[] = [];
  for (const [index, file] of change.files.entries()) {
    yield* stage.progress(0.15 + (0.4 * index) / change.files.length, `Reading ${file.path}`);
    yield* stage.within('AGENT', `review ${file.path}`, { path: file.path }, () =>
      readFile(stage, change, file),
    );
    if (file.finding) comments.push({ path: file.path, comment: file.finding });
  }
  yield* runTests(stage, change, fate === 'testsHang');
  const isBroken = /FAIL/.test(change.tests);
  const verdict = isBroken || comments.length > 0 ? 'changes requested' : 'approved';
  const summary = summaryOf(change, comments, isBroken);
  yield* stage.progress(0.85, 'Summing up');
  const talk: ChatMessage[] = [
    { role: 'system', content: rules },
    {
      role: 'user',
      content: `${change.title}\n\n${comments.map((c) => `${c.path}: ${c.comment}`).join('\n')}\n\n${change.tests}`,
    },
  ];
  yield* stage.llm({ name: 'sum up', messages: talk, reply: summary });
  const hasPushed =
    change.fix !== null && comments.length > 0 && random.chance(0.35) && (yield* pushFix(stage, change));
  yield* stage.tool({
    name: 'forge.post_review',
    input: { number, verdict, comments },
    output: { review: random.whole(1_000_000, 9_999_999), comments: comments.length },
    takesMs: 640,
  });
  return { status: 'SUCCEEDED', output: { verdict, summary, comments, testsPass: !isBroken, hasPushed } };
}

function* readFile(stage: Stage, change: PullRequest, file: PullRequest['files'][number]): Plan<void> {
  const lines = 60 + stage.random.whole(0, 400);
  yield* stage.tool({
    name: 'git.show',
    input: { path: file.path, ref: 'main' },
    output: { path: file.path, lines, content: file.patch.replace(/^[-+]/gm, ' ') },
    takesMs: 90,
  });
  yield* stage.llm({
    name: 'look for faults',
    messages: [
      { role: 'system', content: rules },
      { role: 'user', content: `${change.title}\n\n--- ${file.path}\n${file.patch}` },
    ],
    reply: file.finding ?? 'Nothing to remark.',
    responseFormat: 'review_comments',
    attachedTokens: lines * 11,
  });
}

function* runTests(stage: Stage, change: PullRequest, hangs: boolean): Plan<void> {
  yield* stage.progress(0.6, 'Running the tests');
  const isBroken = /FAIL/.test(change.tests);
  const use = { name: 'sandbox.run', input: { command: 'make test', timeoutSeconds: 60 } };
  const machine = { attributes: { image: 'ci-base:2026.3', cpus: 2 } };
  if (hangs) {
    const fault = {
      code: 'timeout',
      type: 'SandboxError',
      message: '`make test` ran into its time-out of 60 seconds.',
    };
    yield* stage.tool({ ...use, ...machine, takesMs: 60_000, fault });
    throw new GivenUp(fault, 'TIMED_OUT');
  }
  const output = { exitCode: isBroken ? 1 : 0, stdout: change.tests };
  yield* stage.tool({ ...use, ...machine, takesMs: 17_000, output });
}

function* pushFix(stage: Stage, change: PullRequest): Plan<boolean> {
  const { random } = stage;
  yield* stage.progress(0.9, 'Asking whether the mend may be pushed');
  const { status } = yield* stage.ask({
    kind: 'APPROVAL',
    reason: `Push one commit to ${change.author}'s branch of ${change.repository}.`,
    question: { branch: `${change.author}/${random.code(5)}`, patch: change.fix, testsPassWithIt: true },
    pretend: random.chance(0.25)
      ? { status: 'REJECTED', answer: { note: 'Leave it to the author, please.' } }
      : { status: 'APPROVED', answer: { note: 'Yes.' } },
  });
  if (status === 'REJECTED') return false;
  yield* stage.tool({
    name: 'git.push',
    input: { patch: change.fix },
    output: { commit: random.code(7) },
    takesMs: 1500,
  });
  return true;
}

function summaryOf(
  change: PullRequest,
  comments: readonly { path: string; comment: string }[],
  isBroken: boolean,
): string {
  const tests = isBroken ? 'The tests fail, for the reason below.' : 'The tests pass.';
  if (comments.length === 0) return `${change.title}: nothing to remark. ${tests}`;
  const list = comments.map(({ path, comment }) => `- \`${path}\`: ${comment}`);
  return `${change.title}: ${comments.length} remark${comments.length === 1 ? '' : 's'}. ${tests}\n\n${list.join('\n')}`;
}
