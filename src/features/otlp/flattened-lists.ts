import type { SpanReader } from './span-reader.js';
import { jsonOfJsonText, jsonOfText, jsonOfValue } from './storable-json.js';

/** Lists that OpenInference and OpenLLMetry flatten: one attribute for each leaf, its place in its key. */
const flattened = [
  'llm.input_messages.',
  'llm.output_messages.',
  'llm.prompts.',
  'llm.choices.',
  'gen_ai.prompt.',
  'gen_ai.completion.',
  'retrieval.documents.',
  'embedding.embeddings.',
  'reranker.input_documents.',
  'reranker.output_documents.',
] as const;

export type FlattenedName = (typeof flattened)[number];

/** What an entry of a list is called within: `….0.message.role`. It says nothing that the list does not say. */
const wrappers = new Set([
  'message',
  'message_content',
  'tool_call',
  'document',
  'embedding',
  'prompt',
  'completion',
]);

/** Keys are split so often; what is behind stays one key. */
const deepest = 12;
const isIndex = /^(0|[1-9]\d{0,5})$/;

/** Where an attribute stands in the list that it is flattened from. */
interface Place {
  list: FlattenedName;
  path: readonly string[];
}

/** The same keys come with span after span. Emptied when full, so that it is bounded whatever keys are sent. */
const places = new Map<string, Place | null>();
const mostPlaces = 5000;

function placeOf(key: string): Place | null {
  if (!mayBeFlattened(key)) return null;
  let place = places.get(key);
  if (place !== undefined) return place;
  place = findPlace(key);
  if (places.size >= mostPlaces) places.clear();
  if (key.length <= 200) places.set(key, place);
  return place;
}

/** By one or two characters of it, since every key of every span is asked. */
function mayBeFlattened(key: string): boolean {
  switch (key.charCodeAt(0)) {
    case 0x6c: // llm. and then input_messages, output_messages, prompts or choices
      return 'iopc'.includes(key.charAt(4));
    case 0x67: // gen_ai. and then prompt or completion
      return 'pc'.includes(key.charAt(7));
    case 0x72: // r
    case 0x65: // e
      return true;
    default:
      return false;
  }
}

function findPlace(key: string): Place | null {
  const list = flattened.find((name) => key.startsWith(name));
  if (list === undefined) return null;
  const told = key.slice(list.length).split('.');
  // gen_ai.prompt.name and the like are attributes of their own.
  if (!isIndex.test(told[0] ?? '')) return null;
  const path = told.filter((step, at) => {
    const before = told[at - 1];
    const isWrapper = wrappers.has(step) && isIndex.test(before ?? '');
    // image.image.url
    return at === told.length - 1 || !(isWrapper || (step === before && !isIndex.test(step)));
  });
  return {
    list,
    path: path.length > deepest ? [...path.slice(0, deepest - 1), path.slice(deepest - 1).join('.')] : path,
  };
}

/** An object or list by its keys, or a leaf as JSON. */
type Node = Map<string, Node> | string;

/** The flattened lists of a span, put together again. */
export class FlattenedLists {
  private lists: Map<FlattenedName, { root: Map<string, Node>; keys: string[] }> | undefined;

  constructor(private readonly reader: SpanReader) {
    for (const [key, value] of reader.attributes) {
      const place = placeOf(key);
      if (place === null) continue;
      this.lists ??= new Map();
      let list = this.lists.get(place.list);
      if (list === undefined) {
        list = { root: new Map(), keys: [] };
        this.lists.set(place.list, list);
      }
      if (put(list.root, place.path, jsonOfValue(value))) list.keys.push(key);
    }
  }

  /** The first of the lists that there is as JSON, its attributes used up; null where there is none. */
  take(...names: FlattenedName[]): string | null {
    if (this.lists === undefined) return null;
    for (const name of names) {
      const list = this.lists.get(name);
      if (list === undefined) continue;
      for (const key of list.keys) this.reader.use(key);
      return jsonOfNode(list.root);
    }
    return null;
  }
}

/** @returns whether the leaf has found its place; it has none below another one */
function put(root: Map<string, Node>, path: readonly string[], leaf: string): boolean {
  let at = root;
  const last = path.length - 1;
  for (let level = 0; level < last; level++) {
    const key = path[level] as string;
    let next = at.get(key);
    if (next === undefined) {
      next = new Map();
      at.set(key, next);
    }
    if (typeof next === 'string') return false;
    at = next;
  }
  const key = path[last] as string;
  if (at.has(key)) return false;
  at.set(key, leaf);
  return true;
}

function isList(node: Map<string, Node>): boolean {
  for (const key of node.keys()) if (!isIndex.test(key)) return false;
  return true;
}

function jsonOfNode(node: Node, jsonOfEntry: (entry: Node) => string = jsonOfNode): string {
  if (typeof node === 'string') return node;
  if (!isList(node)) return jsonOfFields(node);
  const entries = [...node];
  // Mostly they come in order.
  if (entries.some(([key], at) => Number(key) !== at)) entries.sort(([a], [b]) => Number(a) - Number(b));
  return `[${entries.map(([, entry]) => jsonOfEntry(entry)).join(',')}]`;
}

function jsonOfFields(node: Map<string, Node>): string {
  let json = '';
  for (const [key, field] of node) {
    const name = key === 'contents' && !node.has('content') ? 'content' : key;
    json += `${json === '' ? '' : ','}${jsonOfText(name)}:${jsonOfField(key, field)}`;
  }
  return `{${json}}`;
}

function jsonOfField(key: string, field: Node): string {
  if (key === 'tool_calls') return jsonOfNode(field, jsonOfToolCall);
  // Parts of a message are told as JSON in a text where there is no other way to tell them.
  if (key === 'content' && typeof field === 'string' && field.startsWith('"[{\\"type\\":')) {
    return jsonOfJsonText(JSON.parse(field) as string) ?? field;
  }
  return jsonOfNode(field);
}

/** A call in OpenAI's form: OpenLLMetry tells name and arguments without a function around them. */
function jsonOfToolCall(call: Node): string {
  if (typeof call === 'string' || !call.has('name') || call.has('function')) return jsonOfNode(call);
  const inner = new Map<string, Node>();
  const outer = new Map<string, Node>();
  for (const [key, field] of call) (key === 'name' || key === 'arguments' ? inner : outer).set(key, field);
  return jsonOfFields(outer.set('type', '"function"').set('function', inner));
}
