import { get, makeTask, type Person } from './client.js';
import { recordSteps } from './step-page.js';

export const TRIP_START = Date.parse('2026-03-01T12:00:00.000Z');
export const TRIP_MS = 64_000;
/** What the search for a word finds in a payload alone. */
export const NEEDLE_SEQ = 15;

interface ToldStep extends Record<string, unknown> {
  key: string;
  type: string;
  name: string;
  status?: string;
}

/**
 * 32 steps: an agent (1), ten turns within it of a model's call (2, 5, 8 …) and two tools within that, a last word (32).
 * Steps 13 and 28 failed, 24 took longest, 17 cost most.
 */
export function tripSteps(): ToldStep[] {
  const at = (ms: number) => new Date(TRIP_START + ms).toISOString();
  const timed = (startMs: number, latencyMs: number) => ({
    startedAt: at(startMs),
    endedAt: at(startMs + latencyMs),
  });
  const turns = Array.from({ length: 10 }, (_, turn): ToldStep[] => {
    const startMs = turn * 6_000 + 100;
    const hasFailed = turn === 3 || turn === 8;
    return [
      {
        key: `turn-${turn}`,
        parentKey: 'trip',
        type: 'LLM',
        name: `decide on day ${turn + 1}`,
        model: turn % 2 === 0 ? 'gpt-4o' : 'claude-sonnet-4',
        provider: turn % 2 === 0 ? 'openai' : 'anthropic',
        ...timed(startMs, 1_500 + turn * 100),
        inputTokens: 1_000 + turn,
        outputTokens: 200,
        costUsd: turn === 5 ? 0.09 : (turn + 1) / 1_000,
        input: [
          { role: 'system', content: 'You plan trips.' },
          { role: 'user', content: `What shall we do on day ${turn + 1}?` },
        ],
        output: { role: 'assistant', content: 'Let me look for a flight and a hotel.' },
      },
      {
        key: `flight-${turn}`,
        parentKey: `turn-${turn}`,
        type: 'TOOL',
        name: 'search_flights',
        ...timed(startMs + 2_500, turn === 7 ? 3_200 : 1_200 + turn * 50),
        input: { from: 'BER', to: 'LIS', day: turn + 1 },
        output: { flights: turn === 4 ? ['TP 533, called the Night Heron'] : ['LH 1166'] },
      },
      {
        key: `hotel-${turn}`,
        parentKey: `turn-${turn}`,
        type: 'TOOL',
        name: 'book_hotel',
        ...timed(startMs + 4_200, 900),
        input: { nights: 1 },
        ...(hasFailed
          ? { error: { message: `HTTP 503: no hotel answers on day ${turn + 1}` } }
          : { output: { booked: true } }),
      },
    ];
  });
  return [
    { key: 'trip', type: 'AGENT', name: 'plan the trip', startedAt: at(0), input: { city: 'Lisbon' } },
    ...turns.flat(),
    { key: 'goodbye', type: 'MESSAGE', name: 'say goodbye', output: 'Have a good trip!' },
  ];
}

/** A finished task of those steps. @returns its id */
export async function makeTrip(url: string, person: Person, agentId: string, name: string): Promise<string> {
  const taskId = await makeTask(url, person.token, agentId, {
    name,
    startedAt: new Date(TRIP_START).toISOString(),
  });
  await recordSteps(url, person, taskId, tripSteps());
  await get(
    url,
    person.token,
    'mutation($input: FinishTaskInput!) { finishTask(input: $input) { task { id } } }',
    {
      input: { taskId, status: 'SUCCEEDED', finishedAt: new Date(TRIP_START + TRIP_MS).toISOString() },
    },
  );
  return taskId;
}
