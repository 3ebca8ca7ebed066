import { registerEnumType } from 'type-graphql';

export enum ScrapingKind {
  PAGE = 'PAGE',
  LIST = 'LIST',
  CRAWL = 'CRAWL',
}
registerEnumType(ScrapingKind, {
  name: 'ScrapingKind',
  description: 'What is read.',
  valuesConfig: {
    PAGE: { description: 'One page is one item.' },
    LIST: { description: 'The items of a list, over as many pages as it has.' },
    CRAWL: { description: 'The pages of one host that links lead to; each is an item, or holds some.' },
  },
});

export enum ScrapingEngine {
  AUTO = 'AUTO',
  HTTP = 'HTTP',
  BROWSER = 'BROWSER',
}
registerEnumType(ScrapingEngine, {
  name: 'ScrapingEngine',
  description: 'What pages are opened by.',
  valuesConfig: {
    AUTO: {
      description: 'HTTP, and the browser for pages that lack what is wanted, where there is a browser.',
    },
    HTTP: { description: 'A plain request; what scripts would add is not there.' },
    BROWSER: { description: 'A browser that runs the scripts of the page; without one the task fails.' },
  },
});
