import { GivenUp, type AgentScript, type Fault, type Plan } from '../plan.js';
import type { Random } from '../random.js';
import { Stage, type ChatMessage } from '../stage.js';

interface Invoice {
  vendor: string;
  country: string;
  number: string;
  currency: string;
  day: string;
  order: string;
  lines: { text: string; quantity: number; unitPrice: number; amount: number }[];
  net: number;
  taxRate: number;
  tax: number;
  total: number;
}

const vendors = [
  {
    name: 'Kordula Seile GmbH',
    country: 'DE',
    currency: 'EUR',
    taxRate: 0.19,
    words: ['Rechnung', 'Menge', 'Gesamt'],
  },
  {
    name: 'Toiles du Léman SA',
    country: 'CH',
    currency: 'CHF',
    taxRate: 0.081,
    words: ['Facture', 'Quantité', 'Total'],
  },
  {
    name: 'Harrow & Pike Ltd',
    country: 'GB',
    currency: 'GBP',
    taxRate: 0.2,
    words: ['Invoice', 'Qty', 'Total'],
  },
  {
    name: 'Zips e Companhia Lda',
    country: 'PT',
    currency: 'EUR',
    taxRate: 0.23,
    words: ['Fatura', 'Qtd.', 'Total'],
  },
  {
    name: '東海繊維株式会社',
    country: 'JP',
    currency: 'JPY',
    taxRate: 0.1,
    words: ['請求書', '数量', '合計'],
  },
  {
    name: 'Blue Mesa Freight Inc.',
    country: 'US',
    currency: 'USD',
    taxRate: 0,
    words: ['Invoice', 'Units', 'Amount due'],
  },
] as const;

const goods = [
  'Ripstop nylon 40D, roll of 50 m',
  'Coil zip no. 5, black, 100 m',
  'Aluminium poles 8.7 mm',
  'Guy line reflective 2 mm, 200 m',
  'Side-release buckles 25 mm',
  'Freight, pallet to warehouse 2',
  'Seam tape 22 mm',
  'Care labels, printed',
] as const;

const schemaName = 'invoice_v3';
const malformed: Fault = {
  type: 'OutputParserException',
  message: `The answer is not valid JSON for ${schemaName}: unexpected token "," at position 412 (lines[3].amount).`,
};

/** Takes invoices apart with a small model run in-house, whose price nobody knows: costs stay unknown. */
export const invoiceExtractor: AgentScript = {
  name: 'invoice-extractor',
  kind: 'LLM',
  description: 'Reads scanned invoices into structured data and books them. Runs in-house. Made up.',
  setup: {
    provider: 'vllm',
    model: 'qwen2.5-7b-instruct',
    config: { temperature: 0, responseFormat: schemaName, repairAttempts: 2, gpu: 'L4' },
  },
  share: 4,
  job(random) {
    const vendor = random.pick(vendors);
    const invoice = invoiceOf(random, vendor);
    const scan = {
      file: `inbox/${random.code(8)}.pdf`,
      pages: random.whole(1, 3),
      receivedBy: 'invoices@northpine.example',
    };
    return {
      name: `Invoice ${invoice.number}, ${vendor.name}`,
      type: 'invoice_extraction',
      input: scan,
      tags: [`country:${vendor.country}`, `currency:${vendor.currency}`],
      plan: (model) => extract(new Stage(random, model), invoice, scan, scanOf(invoice, vendor.words)),
    };
  },
};

function* extract(stage: Stage, invoice: Invoice, scan: { file: string; pages: number }, text: string): Plan {
  const { random } = stage;
  const fate = random.weighted({ booked: 70, repaired: 12, malformed: 13, unknownOrder: 5 });
  yield* stage.tool({
    name: 'ocr',
    input: scan,
    output: { text, confidence: Number((0.91 + random.next() * 0.08).toFixed(3)) },
    takesMs: 900 * scan.pages,
    attributes: { engine: 'in-house', dpi: 300 },
  });
  yield* stage.progress(0.3, 'Reading the fields');
  const failures = fate === 'malformed' ? 3 : fate === 'repaired' ? random.whole(1, 2) : 0;
  const fields = yield* readFields(stage, invoice, text, failures);
  const isOdd = random.chance(0.14);
  yield* stage.do('GUARDRAIL', {
    name: 'do the lines add up?',
    input: { lines: invoice.lines.map(({ amount }) => amount), net: invoice.net, total: invoice.total },
    output: { passed: !isOdd, difference: isOdd ? Number((random.next() * 40).toFixed(2)) : 0 },
    takesMs: 15,
  });
  if (isOdd) {
    yield* stage.progress(0.6, 'The sums differ; asking bookkeeping');
    const { status, answer } = yield* stage.ask({
      kind: 'QUESTION',
      reason: `The lines of ${invoice.number} do not add up to its total.`,
      question: {
        invoice: invoice.number,
        vendor: invoice.vendor,
        total: invoice.total,
        currency: invoice.currency,
      },
      pretend: random.chance(0.2)
        ? { status: 'REJECTED', answer: { note: 'Send it back to the vendor.' } }
        : { status: 'ANSWERED', answer: { use: 'total', note: 'A discount is printed on page 2.' } },
    });
    if (status === 'REJECTED') {
      return { status: 'CANCELLED', output: { returnedToVendor: true, answer } };
    }
  }
  yield* book(stage, invoice, fate === 'unknownOrder');
  return { status: 'SUCCEEDED', output: { ...fields, booked: true } };
}

/** The model answers, a parser checks; what does not parse goes back to the model with the parser's words. */
function* readFields(stage: Stage, invoice: Invoice, text: string, failures: number): Plan<object> {
  const { order, ...fields } = invoice;
  const right = JSON.stringify({ ...fields, purchaseOrder: order });
  const talk: ChatMessage[] = [
    {
      role: 'system',
      content: `Answer with JSON of the form ${schemaName} and nothing else. Amounts as plain numbers, dates as YYYY-MM-DD.`,
    },
    { role: 'user', content: text },
  ];
  for (let attempt = 1; attempt <= 3; attempt++) {
    const isWrong = attempt <= failures;
    const reply = isWrong
      ? `Here is the JSON you asked for:\n${right.slice(0, Math.round(right.length * 0.7))},,`
      : right;
    const name = attempt === 1 ? 'extract the fields' : 'repair the JSON';
    yield* stage.llm({ name, messages: [...talk], reply, responseFormat: schemaName });
    const parse = {
      name: `parse as ${schemaName}`,
      input: { characters: reply.length },
      takesMs: 4,
      attributes: { attempt },
    };
    yield* stage.do(
      'EVALUATION',
      isWrong ? { ...parse, fault: malformed } : { ...parse, output: { valid: true } },
    );
    if (!isWrong) return { ...fields, purchaseOrder: order };
    talk.push({ role: 'assistant', content: reply }, { role: 'user', content: malformed.message });
  }
  throw new GivenUp({ ...malformed, message: `${malformed.message} Given up after two repairs.` });
}

function* book(stage: Stage, invoice: Invoice, isUnknownOrder: boolean): Plan<void> {
  yield* stage.progress(0.8, 'Booking');
  const use = {
    name: 'ledger.match_order',
    input: { order: invoice.order, total: invoice.total },
    takesMs: 210,
  };
  if (isUnknownOrder) {
    const fault = {
      httpStatus: 404,
      type: 'ToolError',
      message: `tool error: the ledger knows no order ${invoice.order}.`,
    };
    yield* stage.retried(use, fault, 1, 1);
  }
  yield* stage.tool({ ...use, output: { order: invoice.order, matches: true } });
  yield* stage.tool({
    name: 'ledger.book',
    input: { invoice: invoice.number, account: '5100', amount: invoice.total, currency: invoice.currency },
    output: { entry: `L-${stage.random.whole(100_000, 999_999)}` },
    takesMs: 330,
  });
}

function invoiceOf(random: Random, vendor: (typeof vendors)[number]): Invoice {
  const scale = vendor.currency === 'JPY' ? 150 : 1;
  const round = (amount: number) =>
    vendor.currency === 'JPY' ? Math.round(amount) : Number(amount.toFixed(2));
  const lines = random.some(goods, random.whole(2, 5)).map((text) => {
    const quantity = random.whole(1, 40);
    const unitPrice = round(random.near(24, 0.8) * scale);
    return { text, quantity, unitPrice, amount: round(quantity * unitPrice) };
  });
  const net = round(lines.reduce((sum, { amount }) => sum + amount, 0));
  const tax = round(net * vendor.taxRate);
  const day = `2026-${String(random.whole(1, 12)).padStart(2, '0')}-${String(random.whole(1, 28)).padStart(2, '0')}`;
  return {
    vendor: vendor.name,
    country: vendor.country,
    number: `${random.pick(['RE', 'INV', 'F', 'A'])}-${random.whole(10_000, 99_999)}`,
    currency: vendor.currency,
    day,
    order: `PO-${random.whole(4000, 9999)}`,
    lines,
    net,
    taxRate: vendor.taxRate,
    tax,
    total: round(net + tax),
  };
}

/** What the scanner sees: a page, with its columns and a few slips. */
function scanOf(invoice: Invoice, [title, quantity, total]: readonly [string, string, string]): string {
  const rows = invoice.lines.map(
    ({ text, quantity, unitPrice, amount }) =>
      `${text.padEnd(36)}${String(quantity).padStart(6)}${String(unitPrice).padStart(12)}${String(amount).padStart(14)}`,
  );
  return [
    invoice.vendor.toUpperCase(),
    '',
    `${title} ${invoice.number}${invoice.day.padStart(40)}`,
    `PO: ${invoice.order}`,
    '',
    `${''.padEnd(36)}${quantity.padStart(6)}`,
    ...rows,
    ''.padEnd(68, '-'),
    `${(invoice.taxRate * 100).toFixed(1)} %`.padEnd(54) + String(invoice.tax).padStart(14),
    `${total} ${invoice.currency}`.padEnd(54) + String(invoice.total).padStart(14),
    '',
    'IBAN XX00 0000 0000 0000 0000 00   30 days net   l1ability excluded, see reverse',
  ].join('\n');
}
