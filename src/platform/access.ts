import { createMethodMiddlewareDecorator, Extensions } from 'type-graphql';
import { UnauthenticatedError } from './errors.js';
import type { RequestContext } from './request-context.js';
import type { Permission, Viewer } from './viewer.js';

/** Who may ask for a root field: everybody, whoever is signed in, or who holds the permission in the project concerned. */
export type AccessRule = 'public' | 'signedIn' | Permission;

/**
 * Declares a root field's rule, and turns away callers without credentials unless it is public. Which project is meant is
 * known only to the service, which checks the permission there. A test walks the schema and fails a field without a rule.
 */
export function Access(rule: AccessRule): MethodDecorator {
  const declare = Extensions({ access: rule });
  const guard = createMethodMiddlewareDecorator<RequestContext>(({ context }, next) => {
    requireSignedIn(context);
    return next();
  });
  return (target, propertyKey, descriptor) => {
    declare(target, propertyKey, descriptor);
    if (rule !== 'public') guard(target, propertyKey, descriptor);
  };
}

/** @throws UnauthenticatedError without a viewer, saying what is wrong with the credentials that were sent */
export function requireSignedIn(context: RequestContext): Viewer {
  if (!context.viewer) throw new UnauthenticatedError(context.authProblem ?? undefined);
  return context.viewer;
}
