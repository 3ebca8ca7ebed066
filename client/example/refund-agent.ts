// An agent that reports to Binnacle what it does. The agent is made up; every line that speaks to Binnacle is as yours
// would be. In a project of your own: `import { Binnacle } from '@binnacle/client'`, BINNACLE_URL and BINNACLE_API_KEY set.
import { Binnacle, type Step } from '@binnacle/client';

const binnacle = new Binnacle({ agent: { name: 'refund-desk', provider: 'openai', model: 'gpt-4o' } });

const task = await binnacle.startTask({ name: 'Refund order 17', type: 'refund', input: { order: 17 } });

try {
  // A step around the work: shown while it runs, ended when it returns, FAILED when it throws.
  const plan = await task.step({ type: 'LLM', name: 'plan', input: 'Refund order 17, please.' }, askModel);
  task.progress(0.3, 'Looking the order up');

  // Steps within a step.
  const order = await task.step({ type: 'AGENT', name: 'look the order up' }, async (search) => {
    const find = { type: 'TOOL', name: 'orders.find', input: { id: plan.order } } as const;
    // The first attempt fails, and stands there as FAILED with its error; the second one does it.
    return search.step(find, findOrderTooLate).catch(() => search.step(find, findOrder));
  });
  task.progress(0.8, 'Writing the answer');

  // A step that has happened already.
  const answer = `Order ${order.id}: $${order.paidUsd} are on their way back to you.`;
  await task.step({ type: 'MESSAGE', name: 'answer', output: answer, latencyMs: 3 });

  await task.finish({ output: { refundedUsd: order.paidUsd } });
} catch (error) {
  await task.fail(error as Error);
}

// At the end of a program: what is left is delivered.
await binnacle.close();
console.log(`Reported "Refund order 17". Look at it: ${task.pageUrl ?? 'the server has not answered yet'}`);

/** Stands for a call of a model. */
async function askModel(step: Step) {
  await pause(400);
  const reply = { order: 17, text: 'I look the order up and refund it.' };
  step.set({ provider: 'openai', model: 'gpt-4o', output: reply.text, inputTokens: 900, outputTokens: 80 });
  return reply;
}

/** Stands for a tool that fails. */
async function findOrderTooLate(): Promise<never> {
  await pause(250);
  throw new Error('The order database did not answer within 250 ms.');
}

/** Stands for a tool. */
async function findOrder(step: Step) {
  await pause(100);
  const order = { id: 17, paidUsd: 42.5 };
  step.set({ output: order });
  return order;
}

function pause(ms: number) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
