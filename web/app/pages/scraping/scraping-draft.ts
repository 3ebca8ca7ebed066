import type {
  CreateScrapingTaskInput,
  PreviewScrapingInput,
  ScrapingEngine,
  ScrapingKind,
} from '../../generated/graphql';

/** What the form holds; numbers are texts until they are sent. */
export interface ScrapingDraft {
  kind: ScrapingKind;
  url: string;
  engine: ScrapingEngine;
  itemSelector: string;
  nextPageSelector: string;
  linkSelector: string;
  waitForSelector: string;
  /** Empty where none is used. */
  loginSessionId: string;
  maxPages: string;
  maxDepth: string;
  respectRobots: boolean;
  fields: FieldDraft[];
}

export interface FieldDraft {
  /** For the list alone: fields come and go while they have no name yet. */
  id: number;
  name: string;
  selector: string;
  attribute: string;
  many: boolean;
  required: boolean;
}

export const KINDS: readonly { value: ScrapingKind; label: string }[] = [
  { value: 'PAGE', label: 'One page' },
  { value: 'LIST', label: 'A list, over its pages' },
  { value: 'CRAWL', label: 'A crawl along links' },
];

export const ENGINES: readonly { value: ScrapingEngine; label: string }[] = [
  { value: 'AUTO', label: 'By itself: plain, else a browser' },
  { value: 'HTTP', label: 'Plain HTTP' },
  { value: 'BROWSER', label: 'A browser' },
];

let fields = 0;
export function newField(): FieldDraft {
  return { id: ++fields, name: '', selector: '', attribute: '', many: false, required: false };
}

export function newDraft(): ScrapingDraft {
  return {
    kind: 'PAGE',
    url: '',
    engine: 'AUTO',
    itemSelector: '',
    nextPageSelector: '',
    linkSelector: '',
    waitForSelector: '',
    loginSessionId: '',
    maxPages: '',
    maxDepth: '',
    respectRobots: true,
    fields: [newField()],
  };
}

const orNull = (text: string) => text.trim() || null;
const numberOrNull = (text: string) => (text.trim() === '' ? null : Number(text));

/** Those of the kind's numbers that are none: they are not sent as if nothing stood there. */
export function unreadableNumbers({ kind, maxPages, maxDepth }: ScrapingDraft): ('maxPages' | 'maxDepth')[] {
  const isUnreadable = (text: string) => !/^\s*\d*\s*$/.test(text);
  return [
    ...(kind !== 'PAGE' && isUnreadable(maxPages) ? (['maxPages'] as const) : []),
    ...(kind === 'CRAWL' && isUnreadable(maxDepth) ? (['maxDepth'] as const) : []),
  ];
}

/** Of a field that says nothing yet nothing is sent. */
export function isTold({ name, selector }: FieldDraft): boolean {
  return name.trim() !== '' || selector.trim() !== '';
}

/** What a preview is asked with: what does not belong to the kind is left out. */
export function previewInput(draft: ScrapingDraft, projectId: string): PreviewScrapingInput {
  const { kind, url, engine, respectRobots } = draft;
  const told = draft.fields.filter(isTold);
  return {
    projectId,
    kind,
    url: url.trim(),
    engine,
    respectRobots,
    waitForSelector: orNull(draft.waitForSelector),
    loginSessionId: draft.loginSessionId || null,
    itemSelector: kind === 'PAGE' ? null : orNull(draft.itemSelector),
    nextPageSelector: kind === 'LIST' ? orNull(draft.nextPageSelector) : null,
    linkSelector: kind === 'CRAWL' ? orNull(draft.linkSelector) : null,
    fields:
      told.length === 0
        ? null
        : told.map(({ name, selector, attribute, many, required }) => ({
            name: name.trim(),
            selector: selector.trim(),
            attribute: orNull(attribute),
            many,
            required,
          })),
  };
}

export function taskInput(draft: ScrapingDraft, projectId: string): CreateScrapingTaskInput {
  return {
    ...previewInput(draft, projectId),
    maxPages: draft.kind === 'PAGE' ? null : numberOrNull(draft.maxPages),
    maxDepth: draft.kind === 'CRAWL' ? numberOrNull(draft.maxDepth) : null,
  };
}
