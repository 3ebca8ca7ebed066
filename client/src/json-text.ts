/** The server takes 64 levels; what is deeper is told as being so. */
const deepest = 60;
/** A character that no server can keep: NUL, or half of a pair. */
const unkeepable = /\0|\p{Surrogate}/gu;
/** What a marker for something left out may take beyond the budget. */
const markerBytes = 48;

export interface JsonText {
  text: string;
  /** UTF-8 bytes of the text. */
  bytes: number;
  /** Whether something was left out, for want of room. */
  isShortened: boolean;
}

const encoder = new TextEncoder();

/** How many bytes a text takes as UTF-8. */
export function byteLength(text: string): number {
  return encoder.encode(text).byteLength;
}

/** The text as any server can keep it, of so many UTF-16 units at most. */
export function clip(text: string, most: number): string {
  const cut = text.length > most ? `${text.slice(0, most - 1)}…` : text;
  return cut.replace(unkeepable, '\uFFFD');
}

/**
 * Any value as JSON, whatever it is: it does not throw, and it does no more work than the budget allows. What JSON has no
 * form for is described (`[function load]`, `[circular]`), a BigInt and a Date are written as text, an Error as its
 * parts. What exceeds the budget is left out, with a word about how much it was.
 * @param mostBytes about how long the text may become
 * @returns null for what says nothing: undefined and null
 */
export function jsonText(value: unknown, mostBytes: number): JsonText | null {
  if (value === undefined || value === null) return null;
  const writer = new Writer(mostBytes);
  const text = writer.write(value, 0);
  return { text, bytes: byteLength(text), isShortened: writer.isShortened };
}

class Writer {
  isShortened = false;
  readonly #ancestors = new Set<object>();

  constructor(private left: number) {}

  write(value: unknown, depth: number): string {
    try {
      return this.#any(value, depth);
    } catch (error) {
      // A getter, a toJSON or a proxy that throws.
      return this.#text(`[not readable: ${error instanceof Error ? error.message : 'it throws'}]`);
    }
  }

  #any(value: unknown, depth: number): string {
    switch (typeof value) {
      case 'string':
        return this.#text(value);
      case 'number':
        return Number.isFinite(value) ? this.#spend(String(value)) : this.#text(String(value));
      case 'boolean':
        return this.#spend(String(value));
      case 'bigint':
        return this.#text(String(value));
      case 'undefined':
        return this.#spend('null');
      case 'symbol':
        return this.#text(`[${String(value)}]`);
      case 'function':
        return this.#text(`[function ${value.name || 'without a name'}]`);
      case 'object':
        return value === null ? this.#spend('null') : this.#object(value, depth);
    }
  }

  #object(value: object, depth: number): string {
    if (this.#ancestors.has(value)) return this.#text('[circular]');
    if (depth >= deepest) return this.#text('[nested too deep]');
    this.#ancestors.add(value);
    try {
      return this.#parts(value, depth);
    } finally {
      this.#ancestors.delete(value);
    }
  }

  #parts(value: object, depth: number): string {
    if (value instanceof Date) {
      return this.#text(Number.isNaN(value.getTime()) ? '[invalid date]' : value.toISOString());
    }
    if ('toJSON' in value && typeof value.toJSON === 'function') {
      return this.write((value.toJSON as () => unknown)(), depth + 1);
    }
    if (value instanceof Error) return this.#fields(errorParts(value), depth);
    if (Array.isArray(value)) return this.#items(value, value.length, depth);
    if (value instanceof Set) return this.#items(value, value.size, depth);
    if (value instanceof Map) return this.#fields(value, depth);
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
      return this.#text(`[${value.constructor.name} of ${value.byteLength} bytes]`);
    }
    if (value instanceof Promise) return this.#text('[promise]');
    if (value instanceof RegExp || value instanceof URL) return this.#text(String(value));
    return this.#fields(ownFields(value), depth);
  }

  #items(items: Iterable<unknown>, count: number, depth: number): string {
    const written: string[] = [];
    this.left -= 2;
    for (const item of items) {
      if (this.#isSpent()) {
        written.push(JSON.stringify(`[${count - written.length} more left out]`));
        break;
      }
      written.push(this.write(item, depth + 1));
      this.left -= 1;
    }
    return `[${written.join(',')}]`;
  }

  #fields(fields: Iterable<readonly [unknown, unknown]>, depth: number): string {
    const written = new Map<string, string>();
    this.left -= 2;
    for (const [key, value] of fields) {
      // As JSON has it: what is undefined is not there.
      if (value === undefined) continue;
      if (this.#isSpent()) {
        written.set('"…"', '"[more left out]"');
        break;
      }
      const name = this.#text(typeof key === 'string' ? key : (jsonText(key, 200)?.text ?? 'null'));
      written.set(name, this.write(value, depth + 1));
      this.left -= 2;
    }
    return `{${[...written].map(([name, text]) => `${name}:${text}`).join(',')}}`;
  }

  #isSpent(): boolean {
    if (this.left > markerBytes) return false;
    this.isShortened = true;
    return true;
  }

  #text(text: string): string {
    // Before anything is done to it: it may have hundreds of megabytes.
    let kept = text.length > this.left ? text.slice(0, Math.max(this.left, 0)) : text;
    let written = JSON.stringify(kept.replace(unkeepable, '\uFFFD'));
    let bytes = byteLength(written);
    if (bytes > this.left + markerBytes && kept.length > 0) {
      kept = kept.slice(0, Math.floor((kept.length * Math.max(this.left, 0)) / bytes));
      written = JSON.stringify(kept.replace(unkeepable, '\uFFFD'));
      bytes = byteLength(written);
    }
    if (kept.length < text.length) {
      this.isShortened = true;
      const marker = `… [${text.length - kept.length} more characters]`;
      written = `${written.slice(0, -1)}${marker}"`;
    }
    this.left -= bytes;
    return written;
  }

  #spend(text: string): string {
    this.left -= text.length;
    return text;
  }
}

function* ownFields(value: object): Generator<[string, unknown]> {
  for (const key in value) {
    if (!Object.hasOwn(value, key)) continue;
    let field: unknown;
    try {
      field = (value as Record<string, unknown>)[key];
    } catch (error) {
      field = `[not readable: ${error instanceof Error ? error.message : 'it throws'}]`;
    }
    yield [key, field];
  }
}

function* errorParts(error: Error): Generator<[string, unknown]> {
  yield ['name', error.name];
  yield ['message', error.message];
  if (error.cause !== undefined) yield ['cause', error.cause];
  if (error instanceof AggregateError) yield ['errors', error.errors];
  for (const [key, value] of ownFields(error)) {
    if (key !== 'name' && key !== 'message' && key !== 'cause' && key !== 'errors') yield [key, value];
  }
}
