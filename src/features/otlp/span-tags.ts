import type { Attributes } from './otlp-span.js';
import { textOf } from './span-reader.js';

const longestTag = 200;
const mostTags = 20;

/** What names the same thing in the conventions, under one prefix. */
const named: readonly (readonly [prefix: string, keys: readonly string[]])[] = [
  [
    'session:',
    ['session.id', 'traceloop.association.properties.session_id', 'ai.telemetry.metadata.sessionId'],
  ],
  [
    'user:',
    ['user.id', 'enduser.id', 'traceloop.association.properties.user_id', 'ai.telemetry.metadata.userId'],
  ],
  ['conversation:', ['gen_ai.conversation.id']],
];

/** Tags that are told as tags: lists of texts. */
const lists = ['tag.tags', 'ai.telemetry.metadata.tags'];

/** The task's tags that a span tells; what they are from stays among the attributes, whole. */
export function tagsOf(attributes: Attributes): string[] {
  const tags: string[] = [];
  for (const [prefix, keys] of named) {
    for (const key of keys) {
      const id = textOf(attributes.get(key), longestTag - prefix.length);
      if (id === null) continue;
      tags.push(prefix + id);
      break;
    }
  }
  for (const key of lists) {
    const list = attributes.get(key);
    if (!Array.isArray(list)) continue;
    for (const entry of list.slice(0, mostTags)) {
      const tag = textOf(entry, longestTag);
      if (tag !== null && !tags.includes(tag)) tags.push(tag);
    }
  }
  return tags.slice(0, mostTags);
}
