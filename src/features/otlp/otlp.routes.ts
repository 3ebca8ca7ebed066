// Express 5 hands the rejections of handlers on to the error handler.
/* oxlint-disable oxc/no-async-endpoint-handlers */
import { Router, type Request, type Response } from 'express';
import type { Admission } from '../../platform/admission.js';
import type { ErrorReporter } from '../../platform/error-format.js';
import { httpStatusOf } from '../../platform/errors.js';
import type { RequestContext } from '../../platform/request-context.js';
import { decodeTracesJson } from './decode-json.js';
import { decodeTracesProtobuf } from './decode-protobuf.js';
import { contentTypes, encodingOf, exportAnswer, statusAnswer, type OtlpEncoding } from './export-answer.js';
import { readBody, RefusedBody, type BodyLimits } from './request-body.js';
import type { TraceIntake } from './trace-intake.js';

export interface OtlpRoutesOptions {
  intake: TraceIntake;
  admission: Admission;
  body: BodyLimits;
  contextOf: (request: Request) => Promise<RequestContext>;
  errors: ErrorReporter;
}

/** The codes of google.rpc that go with the statuses answered here. */
const rpcCodes: Record<number, number> = {
  400: 3,
  401: 16,
  403: 7,
  413: 3,
  415: 3,
  429: 8,
  500: 13,
  503: 14,
};

/**
 * POST /v1/traces: OTLP over HTTP, in protobuf or JSON, packed with gzip or not. 200 comes after the commit; what was not stored is
 * in partial_success. 429 and 503 come with Retry-After, and exporters send the same again.
 */
export function createOtlpRoutes({
  intake,
  admission,
  body: limits,
  contextOf,
  errors,
}: OtlpRoutesOptions): Router {
  const router = Router();
  router.post('/v1/traces', async (request, response) => {
    const encoding = encodingOf(request.headers['content-type']);
    try {
      if (!encoding) {
        throw new RefusedBody(415, 'Send OTLP as application/x-protobuf or application/json.');
      }
      const context = await contextOf(request);
      const projectId = intake.projectOf(context);
      const { rejected, reason } = await admission.run(projectId, async () => {
        const body = await readBody(request, limits);
        const decoded = encoding === 'json' ? decodeTracesJson(body.toString()) : decodeTracesProtobuf(body);
        return intake.take(context, projectId, decoded);
      });
      send(response, 200, encoding, exportAnswer(encoding, rejected, reason));
    } catch (error) {
      refuse(request, response, encoding ?? 'json', error, errors);
    }
  });
  return router;
}

function refuse(
  request: Request,
  response: Response,
  encoding: OtlpEncoding,
  error: unknown,
  errors: ErrorReporter,
): void {
  const requestId = String(response.getHeader('X-Request-Id'));
  const explanation = error instanceof RefusedBody ? undefined : errors.explain(error, requestId);
  const status = error instanceof RefusedBody ? error.status : httpStatusOf(explanation?.code ?? 'INTERNAL');
  const message = error instanceof RefusedBody ? error.message : (explanation?.message ?? '');
  if (explanation?.retryAfterMs !== undefined) {
    response.setHeader('Retry-After', Math.ceil(explanation.retryAfterMs / 1000));
  }
  if (status === 401) response.setHeader('WWW-Authenticate', 'Bearer');
  // What was not read of the body is not waited for: the connection ends with the answer.
  if (!request.complete) response.setHeader('Connection', 'close');
  send(response, status, encoding, statusAnswer(encoding, rpcCodes[status] ?? 2, message));
}

function send(response: Response, status: number, encoding: OtlpEncoding, body: Buffer): void {
  response.status(status).set('Content-Type', contentTypes[encoding]).end(body);
}
