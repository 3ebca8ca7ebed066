import { GivenUp, type AgentScript, type Fault, type Outcome, type Plan } from '../plan.js';
import { Stage, type ChatMessage, type ToolCall } from '../stage.js';
import { customers, items, systemPrompt, tickets, type Ticket } from './support-tickets.js';

const approvalLimitUsd = 150;
const tools = ['find_order', 'check_return_window', 'track_parcel', 'change_address', 'issue_refund'];

type Fate = 'answered' | 'handedOver' | 'shopIsDown' | 'refused' | 'wrongAnswer';

/** The big model costs more and errs less. */
function fatesOf(model: string | null): Record<Fate, number> {
  const isSmall = model?.includes('mini') || model?.includes('haiku');
  return {
    answered: isSmall ? 79 : 84,
    handedOver: 5,
    shopIsDown: 4,
    refused: 2,
    wrongAnswer: isSmall ? 10 : 5,
  };
}

const shopIsDown: Fault = {
  httpStatus: 502,
  type: 'ToolError',
  message: 'orders.northpine.internal answered 502 Bad Gateway to find_order.',
};

interface TicketCase {
  ticket: Ticket;
  id: string;
  customer: string;
  orderId: string;
  item: (typeof items)[number];
  deliveryDay: Date;
}

/** Answers customers of a shop, with tools, and asks a person before it gives away much money. */
export const supportDesk: AgentScript = {
  name: 'support-desk',
  kind: 'LLM',
  description: 'Answers letters to a shop: looks up orders, gives refunds, changes addresses. Made up.',
  setup: {
    provider: 'openai',
    model: 'gpt-4o',
    config: { temperature: 0.2, maxOutputTokens: 600, tools, approvalAboveUsd: approvalLimitUsd },
  },
  share: 6,
  next: {
    afterTasks: 8,
    note: 'A tenth of the cost per ticket; to be watched: answers that are incomplete.',
    setup: {
      provider: 'openai',
      model: 'gpt-4o-mini',
      config: { temperature: 0.1, maxOutputTokens: 600, tools, approvalAboveUsd: approvalLimitUsd },
    },
  },
  job(random) {
    const one: TicketCase = {
      ticket: random.pick(tickets),
      id: `T-${random.whole(20_000, 99_999)}`,
      customer: random.pick(customers),
      orderId: `NP-${random.whole(100_000, 999_999)}`,
      item: random.pick(items),
      deliveryDay: new Date(Date.UTC(2026, random.whole(0, 11), random.whole(1, 28))),
    };
    const { topic, language, subject, text } = one.ticket;
    const channel = random.pick(['email', 'chat', 'web form']);
    return {
      name: `${one.id}: ${fill(subject, one)}`,
      type: 'support_ticket',
      input: { ticket: one.id, channel, language, customer: one.customer, text: fill(text, one) },
      tags: [topic, `lang:${language}`, ...(random.chance(0.15) ? ['vip'] : [])],
      priority: random.chance(0.1) ? 10 : 0,
      plan: (model) => answer(new Stage(random, model), one),
    };
  },
};

function* answer(stage: Stage, one: TicketCase): Plan {
  const { random } = stage;
  const fate = random.weighted(fatesOf(stage.model));
  const letter = fill(one.ticket.text, one);
  const talk: ChatMessage[] = [
    { role: 'system', content: systemPrompt },
    { role: 'user', content: letter },
  ];
  yield* stage.message('customer', letter, { language: one.ticket.language });
  yield* stage.do('GUARDRAIL', {
    name: 'screen for personal data',
    input: { text: letter },
    output: { flagged: false, found: random.chance(0.2) ? ['postal address'] : [] },
    takesMs: 160,
  });
  yield* stage.progress(0.1, 'Reading the letter');
  yield* callModel(stage, talk, 'understand the request', [
    { name: 'find_order', arguments: { order_id: one.orderId } },
  ]);
  yield* findOrder(stage, one, talk, fate === 'shopIsDown' ? 3 : random.chance(0.06) ? 1 : 0);
  yield* stage.progress(0.4, 'Looking up the order');
  if (fate === 'refused') {
    yield* stage.llm({
      name: 'decide',
      messages: talk,
      reply: '',
      fault: {
        httpStatus: 400,
        code: 'content_filter',
        message: 'The answer was withheld by the content filter of the provider (category: self-harm).',
      },
    });
  }
  if (fate === 'handedOver') return yield* handOver(stage, one, talk);
  const note = yield* resolve(stage, one, talk);
  yield* stage.progress(0.8, 'Writing the answer');
  const reply = note ?? fill(one.ticket.reply, one);
  yield* stage.llm({ name: 'write the answer', messages: talk, reply });
  return yield* check(stage, one, reply, fate);
}

/** A model call that asks for tools; the conversation grows by it. */
function* callModel(stage: Stage, talk: ChatMessage[], name: string, calls: ToolCall[]): Plan<void> {
  yield* stage.llm({ name, messages: [...talk], reply: calls, tools });
  talk.push({ role: 'assistant', content: '', tool_calls: calls });
}

function* findOrder(stage: Stage, one: TicketCase, talk: ChatMessage[], failures: number): Plan<void> {
  const order = {
    order_id: one.orderId,
    placed_days_ago: stage.random.whole(3, 26),
    status: one.ticket.topic === 'address' ? 'packing' : 'shipped',
    lines: [{ sku: one.item.sku, title: one.item.name, quantity: 1, price_usd: one.item.priceUsd }],
    carrier: stage.random.pick(['DHL', 'UPS', 'GLS', 'Correos']),
    tracking: stage.random.code(12).toUpperCase(),
  };
  const use = { name: 'find_order', input: { order_id: one.orderId }, output: order, takesMs: 420 };
  yield* stage.retried(use, shopIsDown, failures);
  talk.push({ role: 'tool', name: 'find_order', content: JSON.stringify(order) });
}

/** What the topic asks for. Answers the text to send instead of the usual one, where a person said no. */
function* resolve(stage: Stage, one: TicketCase, talk: ChatMessage[]): Plan<string | null> {
  const { random } = stage;
  const { topic } = one.ticket;
  const run = function* (name: string, input: object, output: object, takesMs: number): Plan<void> {
    yield* callModel(stage, talk, 'decide', [{ name, arguments: { ...input } }]);
    yield* stage.tool({ name, input, output, takesMs });
    talk.push({ role: 'tool', name, content: JSON.stringify(output) });
  };
  if (topic === 'delivery') {
    const output = {
      status: random.pick(['at depot', 'on the van', 'label unreadable', 'left with a neighbour']),
      expected: one.deliveryDay.toISOString().slice(0, 10),
      events: random.whole(3, 9),
    };
    yield* run('track_parcel', { order_id: one.orderId }, output, 780);
  } else if (topic === 'address') {
    yield* run('change_address', { order_id: one.orderId, confirmed: true }, { changed: true }, 350);
  } else if (topic === 'warranty') {
    yield* stage.do('RETRIEVAL', {
      name: 'search the guarantee handbook',
      input: { query: `${one.item.name} defect guarantee`, topK: 3 },
      output: [
        { id: 'handbook#4.2', score: 0.83, text: 'Zips, poles and seams are covered for three years.' },
        { id: 'handbook#4.7', score: 0.71, text: 'Ask for two photos; do not ask for the broken part.' },
        {
          id: 'batch-notes#118',
          score: 0.64,
          text: 'Poles of the spring batch: ferrules replaced on request.',
        },
      ],
      takesMs: 95,
    });
    yield* run(
      'send_replacement',
      { sku: one.item.sku },
      { shipment: random.code(10), eta: one.deliveryDay.toISOString().slice(0, 10) },
      510,
    );
  } else {
    const window = { within_window: true, days_left: random.whole(2, 20) };
    yield* run('check_return_window', { order_id: one.orderId }, window, 240);
    if (one.item.priceUsd > approvalLimitUsd) {
      const isRefused = yield* refundIsRefused(stage, one);
      if (isRefused)
        return `Hello ${one.customer}, we cannot refund this order yet: a colleague writes to you today.`;
    }
    const refund = { order_id: one.orderId, amount_usd: one.item.priceUsd };
    yield* run('issue_refund', refund, { refund: `rf_${random.code(14)}`, state: 'submitted' }, 930);
  }
  return null;
}

function* refundIsRefused(stage: Stage, one: TicketCase): Plan<boolean> {
  yield* stage.progress(0.6, 'Waiting for the approval of a refund');
  const isRefused = stage.random.chance(0.15);
  const answer = yield* stage.ask({
    kind: 'APPROVAL',
    reason: `Refund of $${one.item.priceUsd} to ${one.customer}: above the limit of $${approvalLimitUsd}.`,
    question: { order: one.orderId, item: one.item.name, amountUsd: one.item.priceUsd, customerSince: 2021 },
    pretend: isRefused
      ? { status: 'REJECTED', answer: { note: 'Third refund this quarter; I will call them.' } }
      : { status: 'APPROVED', answer: { note: 'Fine, go ahead.' } },
  });
  return answer.status === 'REJECTED';
}

function* handOver(stage: Stage, one: TicketCase, talk: ChatMessage[]): Plan {
  yield* callModel(stage, talk, 'decide', [{ name: 'hand_over', arguments: { reason: 'second complaint' } }]);
  const { status, answer } = yield* stage.ask({
    kind: 'TAKEOVER',
    reason: `${one.customer} complains for the second time and asks for a person.`,
    question: { ticket: one.id, letter: fill(one.ticket.text, one), suggestion: fill(one.ticket.reply, one) },
    pretend: {
      status: 'ANSWERED',
      answer: { handledBy: 'phone', note: 'Called, apologised, sent a voucher.' },
    },
  });
  if (status === 'REJECTED') {
    throw new GivenUp({
      code: 'handover_refused',
      message: 'The handover was refused; nobody answered the customer.',
    });
  }
  return { status: 'SUCCEEDED', output: { resolution: 'handed over', by: 'person', answer } };
}

function* check(stage: Stage, one: TicketCase, reply: string, fate: Fate): Plan {
  const isGood = fate !== 'wrongAnswer';
  const score = Number(
    (isGood ? 0.82 + stage.random.next() * 0.17 : 0.3 + stage.random.next() * 0.25).toFixed(2),
  );
  yield* stage.do('EVALUATION', {
    name: 'tone and completeness',
    input: { reply, rubric: ['answers every question', 'right language', 'no promise without a tool'] },
    output: { score, threshold: 0.7, passed: isGood },
    takesMs: 640,
    costUsd: 0.00042,
  });
  if (!isGood) {
    const message = `The answer scored ${score}, below 0.7: it leaves a question of the customer open.`;
    return { status: 'FAILED', output: { draft: reply }, error: { code: 'evaluation_failed', message } };
  }
  yield* stage.message('agent', reply, { channel: 'email' });
  return { status: 'SUCCEEDED', output: { resolution: one.ticket.topic, reply, score } } satisfies Outcome;
}

function fill(text: string, one: TicketCase): string {
  const values: Record<string, string> = {
    item: one.item.name,
    order: one.orderId,
    name: one.customer,
    amount: `$${one.item.priceUsd}.00`,
    date: one.deliveryDay.toLocaleDateString(one.ticket.language, {
      day: 'numeric',
      month: 'long',
      timeZone: 'UTC',
    }),
  };
  return text.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '');
}
