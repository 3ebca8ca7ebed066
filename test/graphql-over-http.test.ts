import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { buildSchema } from 'graphql';
import { serverAudits } from 'graphql-http';
import { readConfig } from '../src/platform/config.js';
import { createErrorReporter } from '../src/platform/error-format.js';
import { Executor } from '../src/platform/executor.js';
import { createGraphqlHttp } from '../src/platform/graphql-http.js';
import { HttpServer } from '../src/platform/http-server.js';
import { createLogger } from '../src/platform/logger.js';
import { RequestContext } from '../src/platform/request-context.js';

const logger = createLogger('silent');
const errors = createErrorReporter(logger);
const settings = readConfig({});
const schema = buildSchema('type Query { hello: String }');
const executor = new Executor({ schema, limits: settings, errors });

let url = '';
let server: HttpServer;

const audits = serverAudits({ url: () => url });

beforeAll(async () => {
  const graphql = await createGraphqlHttp({
    schema,
    executor,
    settings,
    errors,
    logger,
    createContext: () => Promise.resolve(new RequestContext(null, 'request', null)),
  });
  server = new HttpServer({
    settings,
    logger,
    errors,
    mount: (app) => void app.use('/graphql', graphql.router),
  });
  url = `${await server.listen('127.0.0.1', 0)}/graphql`;
});

afterAll(() => server.drain(100));

describe('GraphQL over HTTP, as the specification requires or recommends', () => {
  it('is audited in full', () => {
    expect(audits.length).toBe(61);
  });

  it.each(audits.map((audit) => [`${audit.id} ${audit.name}`, audit] as const))(
    '%s',
    async (_name, audit) => {
      const result = await audit.fn();
      if (result.status !== 'ok') throw new Error(result.reason);
    },
  );
});
