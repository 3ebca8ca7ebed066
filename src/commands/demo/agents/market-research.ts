import { GivenUp, type AgentScript, type Plan } from '../plan.js';
import { Stage, type ChatMessage } from '../stage.js';
import { paragraphs, topics, type Topic } from './research-topics.js';

const reader = 'claude-haiku-4-5';
const instructions =
  'You write briefs of one to two pages for people who have to decide. Every figure carries its source in brackets. ' +
  'Say what is not known. No sentence without content. Plan first, then read, then write; check the draft against the sources.';

/** Reads sources and writes briefs: long, nested, slow and the costliest of the fleet. */
export const marketResearch: AgentScript = {
  name: 'market-research',
  kind: 'LLM',
  description: 'Searches, reranks, reads and writes briefs with sources. Made up.',
  setup: {
    provider: 'anthropic',
    model: 'claude-sonnet-4-5',
    config: {
      maxSources: 4,
      readerModel: reader,
      embeddingModel: 'text-embedding-3-small',
      deadlineSeconds: 240,
    },
  },
  share: 2,
  job(random) {
    const topic = random.pick(topics);
    return {
      name: `Brief: ${topic.title}`,
      type: 'research_brief',
      input: { question: topic.question, length: random.pick(['one page', 'two pages']), language: 'en' },
      tags: ['research', random.pick(['team:policy', 'team:product', 'team:sales'])],
      plan: (model) => research(new Stage(random, model), topic),
    };
  },
};

function* research(stage: Stage, topic: Topic): Plan {
  const { random } = stage;
  const fate = random.weighted({ written: 76, late: 8, unsupported: 10, tooLong: 6 });
  const talk: ChatMessage[] = [
    { role: 'system', content: instructions },
    { role: 'user', content: topic.question },
  ];
  yield* stage.progress(0.05, 'Planning');
  const questions = topic.claims.map((_, index) => `${topic.title}: aspect ${index + 1}`);
  yield* stage.llm({ name: 'plan the research', messages: talk, reply: planText(topic) });
  if (random.chance(0.25)) {
    yield* stage.progress(0.1, 'Asking how wide the question is meant');
    const { answer } = yield* stage.ask({
      kind: 'QUESTION',
      reason: 'The question can be read in a narrow and a wide sense.',
      question: topic.scope,
      pretend: { status: 'ANSWERED', answer: { choice: random.pick(topic.scope.options) } },
    });
    talk.push({ role: 'user', content: JSON.stringify(answer) });
  }
  yield* stage.within('AGENT', 'find sources', { questions }, () => findSources(stage, topic, questions));
  const chosen = random.some(topic.sources, Math.min(topic.sources.length, random.whole(3, 4)));
  for (const [index, source] of chosen.entries()) {
    yield* stage.progress(
      0.25 + (0.4 * index) / chosen.length,
      `Reading source ${index + 1} of ${chosen.length}`,
    );
    yield* stage.within(
      'AGENT',
      `read: ${source.title}`,
      { publisher: source.publisher },
      () => read(stage, source, topic),
      (notes) => ({ notes }),
    );
    talk.push({ role: 'user', content: `${source.title} (${source.publisher}): ${source.excerpt}` });
    if (fate === 'late' && index === 1) {
      yield { kind: 'PAUSE', durationMs: 60_000 };
      const message = 'The brief was not finished within its 240 seconds.';
      throw new GivenUp({ code: 'deadline_exceeded', message }, 'TIMED_OUT');
    }
  }
  if (fate === 'tooLong') {
    yield* stage.llm({
      name: 'write the draft',
      messages: talk,
      reply: '',
      fault: {
        httpStatus: 400,
        type: 'invalid_request_error',
        message: 'prompt is too long: 214,388 tokens, where 200,000 fit into the context window.',
      },
    });
  }
  yield* stage.progress(0.75, 'Writing');
  const draft = draftOf(topic, chosen);
  const attachedTokens = Math.round(random.near(22_000));
  yield* stage.llm({ name: 'write the draft', messages: talk, reply: draft, attachedTokens });
  return yield* check(stage, topic, chosen, draft, fate === 'unsupported');
}

function* findSources(stage: Stage, topic: Topic, questions: string[]): Plan<void> {
  const { random } = stage;
  const embeddings = questions.map((question) => {
    const tokens = 8 + Math.ceil(question.length / 4);
    const step = stage.step('EMBEDDING', {
      name: 'embed the question',
      input: { text: question },
      output: { dimensions: 1536 },
      takesMs: 140,
    });
    const usage = { inputTokens: tokens, costUsd: Number(((tokens * 0.02) / 1e6).toFixed(8)) };
    return { ...step, provider: 'openai', model: 'text-embedding-3-small', usage };
  });
  yield* stage.together(embeddings);
  const candidates = topic.sources.map((source) => ({
    id: random.code(8),
    title: source.title,
    publisher: source.publisher,
    score: Number((0.55 + random.next() * 0.3).toFixed(3)),
  }));
  yield* stage.do('RETRIEVAL', {
    name: 'search the library',
    input: { index: 'library-2026', topK: 40 },
    output: { found: random.whole(18, 40), documents: candidates },
    takesMs: 230,
  });
  const ranked = candidates.toSorted((a, b) => b.score - a.score);
  const rerank = stage.step('RERANK', {
    name: 'rerank',
    input: { query: topic.question, documents: candidates.length, topN: 4 },
    output: ranked.map(({ id, score }) => ({
      id,
      relevance: Number(Math.min(0.99, score + 0.12).toFixed(3)),
    })),
    takesMs: 410,
    costUsd: 0.002,
  });
  yield* stage.together([{ ...rerank, provider: 'cohere', model: 'rerank-v3.5' }]);
}

function* read(stage: Stage, source: Topic['sources'][number], topic: Topic): Plan<string> {
  const { random } = stage;
  const page = { name: 'fetch the document', input: { title: source.title }, takesMs: 2600 };
  const text = [source.excerpt, ...random.some(paragraphs, 2)].join('\n\n');
  const pages = random.whole(6, 48);
  const output = { contentType: 'application/pdf', pages, text };
  const failures = random.chance(0.12) ? 1 : 0;
  const fault = {
    code: 'ENOTFOUND',
    type: 'FetchError',
    message: 'fetch failed: the name of the host is unknown.',
  };
  yield* stage.retried({ ...page, output }, fault, failures);
  const notes = source.excerpt.split('. ').slice(0, 2).join('. ');
  yield* stage.llm({
    name: 'take notes',
    model: reader,
    messages: [
      { role: 'system', content: 'Note what bears on the question, with figures, in at most 80 words.' },
      { role: 'user', content: `${topic.question}\n\n${text}` },
    ],
    reply: notes,
    attachedTokens: pages * 430,
  });
  return notes;
}

function* check(
  stage: Stage,
  topic: Topic,
  sources: readonly Topic['sources'][number][],
  draft: string,
  isUnsupported: boolean,
): Plan {
  yield* stage.progress(0.92, 'Checking the draft against the sources');
  const score = Number(
    (isUnsupported ? 0.4 + stage.random.next() * 0.2 : 0.85 + stage.random.next() * 0.14).toFixed(2),
  );
  const judge = stage.llmStep({
    name: 'judge: is every claim supported?',
    messages: [{ role: 'user', content: draft }],
    reply: JSON.stringify({
      faithfulness: score,
      unsupported: isUnsupported ? topic.claims.slice(0, 1) : [],
    }),
    model: reader,
    responseFormat: 'json_object',
  });
  yield* stage.together([
    { ...judge, type: 'EVALUATION' },
    stage.step('EVALUATION', {
      name: 'links and figures',
      input: { sources: sources.length },
      output: { deadLinks: 0, figuresWithoutSource: isUnsupported ? 3 : 0 },
      takesMs: 350,
    }),
  ]);
  const brief = {
    title: topic.title,
    markdown: draft,
    sources: sources.map(({ title, publisher }) => ({ title, publisher })),
  };
  if (!isUnsupported) return { status: 'SUCCEEDED', output: { ...brief, faithfulness: score } };
  const message = `The draft claims what no source says (faithfulness ${score}, wanted 0.8).`;
  return { status: 'FAILED', output: brief, error: { code: 'unsupported_claims', message } };
}

function planText(topic: Topic): string {
  const steps = topic.claims.map((claim, index) => `${index + 1}. What do the sources say on this: ${claim}`);
  return `The question asks for a decision, so figures and their limits matter most.\n${steps.join('\n')}\nThen: compare, name what is not known, write.`;
}

function draftOf(topic: Topic, sources: readonly Topic['sources'][number][]): string {
  const findings = topic.claims.map((claim, index) => {
    const source = sources[index % sources.length];
    return `## ${index + 1}. ${claim}\n\n${source?.excerpt ?? ''} [${source?.publisher ?? ''}]\n\n${paragraphs[index % paragraphs.length] ?? ''}`;
  });
  const list = sources.map(({ title, publisher }) => `- ${title}. ${publisher}.`);
  return `# ${topic.title}\n\n**Question.** ${topic.question}\n\n**In short.** ${topic.claims.join(' ')}\n\n${findings.join('\n\n')}\n\n## Sources\n\n${list.join('\n')}\n`;
}
