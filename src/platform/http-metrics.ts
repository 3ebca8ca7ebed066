import type { RequestHandler } from 'express';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** What /metrics tells of this process. Features add their own to `registry`. */
export class HttpMetrics {
  readonly registry = new Registry();

  readonly requests = new Histogram({
    name: 'binnacle_http_request_duration_seconds',
    help: 'Time from the arrival of an HTTP request to the end of its answer.',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [this.registry],
  });

  readonly operations = new Counter({
    name: 'binnacle_graphql_operations_total',
    help: 'GraphQL operations carried out; for subscriptions, results computed.',
    labelNames: ['type', 'outcome'] as const,
    registers: [this.registry],
  });

  readonly sockets = new Gauge({
    name: 'binnacle_websocket_open',
    help: 'WebSockets open.',
    registers: [this.registry],
  });

  readonly subscriptions = new Gauge({
    name: 'binnacle_subscriptions_active',
    help: 'Subscriptions being followed.',
    registers: [this.registry],
  });

  readonly deliveries = new Counter({
    name: 'binnacle_subscription_deliveries_total',
    help: 'Results sent to subscribers.',
    registers: [this.registry],
  });

  readonly slowClosed = new Counter({
    name: 'binnacle_websocket_closed_slow_total',
    help: 'WebSockets closed because their reader did not keep up.',
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  /** Times each request by its route's pattern, never by its path: ids would make a series each. */
  readonly measure: RequestHandler = (request, response, next) => {
    const started = process.hrtime.bigint();
    response.once('close', () => {
      const pattern: unknown = (request.route as { path?: unknown } | undefined)?.path;
      const route = `${request.baseUrl}${typeof pattern === 'string' ? pattern : ''}` || 'other';
      const seconds = Number(process.hrtime.bigint() - started) / 1e9;
      this.requests.observe({ method: request.method, route, status: response.statusCode }, seconds);
    });
    next();
  };

  /** GET /metrics */
  readonly handler: RequestHandler = async (_request, response) => {
    response.type(this.registry.contentType).send(await this.registry.metrics());
  };
}
