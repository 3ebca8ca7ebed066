// Express 5 hands the rejections of handlers on to the error handler.
/* oxlint-disable oxc/no-async-endpoint-handlers */
import { json, Router, type Request, type Response } from 'express';
import { requireSignedIn } from '../../platform/access.js';
import { BadUserInputError, type FieldProblem } from '../../platform/errors.js';
import type { RequestContext } from '../../platform/request-context.js';
import { textRuleProblem } from '../../platform/validation.js';
import type { AuthService } from './auth.service.js';
import type { RegistrationService } from './registration.service.js';
import type { Session } from './session.js';
import type { User } from './user.entity.js';

/** Longest text of any field here; the finer rules are the services'. */
const longest = { username: 200, email: 1000, password: 1024, login: 254, invitation: 4000 };
type FieldName = keyof typeof longest;

/**
 * Signing in for those who expect REST, over the same services as the mutations. What is thrown is for the app's error
 * handler to answer.
 * @param contextOf the context of a request, with whoever is asking
 */
export function createAuthRoutes(
  auth: AuthService,
  registrations: RegistrationService,
  contextOf: (request: Request) => Promise<RequestContext>,
): Router {
  const router = Router();
  const body = json({ limit: '64kb' });

  router.post('/api/auth/register', body, async (request, response) => {
    const input = {
      ...readTexts(request.body, ['username', 'email', 'password']),
      ...(hasValue(request.body, 'invitation') ? readTexts(request.body, ['invitation']) : {}),
    };
    const session = await withBodyPaths(registrations.register(await contextOf(request), input));
    answer(response, 201, sessionBody(session));
  });

  router.post('/api/auth/login', body, async (request, response) => {
    const input = readTexts(request.body, ['login', 'password']);
    const session = await withBodyPaths(auth.login(await contextOf(request), input));
    answer(response, 200, sessionBody(session));
  });

  router.post('/api/auth/logout', async (request, response) => {
    const context = await contextOf(request);
    requireSignedIn(context);
    await auth.logout(context);
    response.status(204).end();
  });

  router.get('/api/users/me', async (request, response) => {
    const viewer = requireSignedIn(await contextOf(request));
    answer(response, 200, userBody(await auth.me(viewer)));
  });

  return router;
}

function answer(response: Response, status: number, value: object): void {
  response.status(status).set('Cache-Control', 'no-store').json(value);
}

function sessionBody({ token, expiresAt, user }: Session): object {
  return { token, expiresAt, user: userBody(user) };
}

function userBody({ id, username, email, createdAt, updatedAt }: User): object {
  return { id, username, email, createdAt, updatedAt };
}

function hasValue(body: unknown, name: FieldName): boolean {
  return typeof body === 'object' && body !== null && (body as Record<string, unknown>)[name] != null;
}

/** @throws BadUserInputError naming each field that is no text, or one that cannot be stored */
function readTexts<Name extends FieldName>(body: unknown, names: readonly Name[]): Record<Name, string> {
  const values = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const problems = names.flatMap((path): FieldProblem[] => {
    const message = textRuleProblem(values[path], { max: longest[path] });
    return message ? [{ path, message }] : [];
  });
  if (problems.length > 0) throw new BadUserInputError(problems);
  return Object.fromEntries(names.map((name) => [name, values[name]])) as Record<Name, string>;
}

/** The services name fields as the mutations have them: input.email is email here. */
async function withBodyPaths<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof BadUserInputError)) throw error;
    const fields = error.details.fields ?? [];
    throw new BadUserInputError(
      fields.map((field) => ({ ...field, path: field.path.replace(/^input\./, '') })),
    );
  }
}
