import { registerEnumType } from 'type-graphql';

export enum Health {
  HEALTHY = 'HEALTHY',
  DEGRADED = 'DEGRADED',
  UNHEALTHY = 'UNHEALTHY',
  UNKNOWN = 'UNKNOWN',
}
registerEnumType(Health, {
  name: 'Health',
  description: 'How a part of the system is. Nothing is HEALTHY because nobody looked.',
  valuesConfig: {
    HEALTHY: { description: 'It was looked at lately, and nothing is wrong.' },
    DEGRADED: { description: 'It works, but slowly or only in part.' },
    UNHEALTHY: { description: 'It does not work.' },
    UNKNOWN: { description: 'Nobody has looked at it lately.' },
  },
});

/** Without these nothing goes on: when one fails, the system fails. */
const vital: ReadonlySet<string> = new Set(['database', 'ingestion']);
/** Nobody looks at these but by using them, and a system at rest does not. */
const idle: ReadonlySet<string> = new Set(['egress']);

/**
 * The state of the whole, by the first rule that holds:
 * a vital part is UNHEALTHY: UNHEALTHY; a vital part is UNKNOWN: UNKNOWN; any part is UNHEALTHY or DEGRADED: DEGRADED;
 * any part but an idle one is UNKNOWN, or there is none: UNKNOWN; else HEALTHY. docs/system-status.md says the same in words.
 */
export function overallHealth(components: readonly { name: string; health: Health }[]): Health {
  const isAny = (health: Health, among = components) => among.some((part) => part.health === health);
  const vitals = components.filter(({ name }) => vital.has(name));
  if (isAny(Health.UNHEALTHY, vitals)) return Health.UNHEALTHY;
  if (isAny(Health.UNKNOWN, vitals)) return Health.UNKNOWN;
  if (isAny(Health.UNHEALTHY) || isAny(Health.DEGRADED)) return Health.DEGRADED;
  const others = components.filter(({ name }) => !idle.has(name));
  return isAny(Health.UNKNOWN, others) || components.length === 0 ? Health.UNKNOWN : Health.HEALTHY;
}

const badness = [Health.UNKNOWN, Health.HEALTHY, Health.DEGRADED, Health.UNHEALTHY];

/** The worst of what was seen; what nobody saw counts only where nobody saw anything. */
export function worstHealth(seen: readonly Health[]): Health {
  return badness[Math.max(0, ...seen.map((health) => badness.indexOf(health)))] ?? Health.UNKNOWN;
}
