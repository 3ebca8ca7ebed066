import type { GraphQLFieldResolver, GraphQLSchema } from 'graphql';
import { Extensions, type ClassType } from 'type-graphql';
import { requireSignedIn } from './access.js';
import type { RequestContext } from './request-context.js';
import { validateInput } from './validation.js';

interface PlainInputRule {
  inputType: ClassType;
  resolver: unknown;
  method: string | symbol;
}

/**
 * Declares that a mutation of signed-in callers is given its one argument, `input`, as GraphQL has read it: an instance of its class,
 * checked by the rules on it, but what lies within stays plain objects. type-graphql would make an instance of each, and look up
 * its type and its fields for each anew; of 500 steps that took longer than to check them. So it is for long lists whose items no
 * rules on their class check. The method takes the input and the context.
 */
export function PlainInput(inputType: ClassType): MethodDecorator {
  return (target, method, descriptor) => {
    const plainInput: PlainInputRule = { inputType, resolver: target.constructor, method };
    Extensions({ plainInput })(target, method, descriptor);
  };
}

type Method = (input: object, context: RequestContext) => Promise<unknown>;

/** Has the mutations that declare it answered with plain input. @param resolvers by their classes */
export function attachPlainInputs(schema: GraphQLSchema, resolvers: ReadonlyMap<unknown, object>): void {
  for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) {
    const rule = field.extensions['plainInput'] as PlainInputRule | undefined;
    if (!rule) continue;
    const resolver = resolvers.get(rule.resolver) as Record<string | symbol, Method>;
    const resolve: GraphQLFieldResolver<unknown, RequestContext, { input: object }> = async (
      root,
      args,
      context,
      info,
    ) => {
      requireSignedIn(context);
      const input = Object.assign(new rule.inputType(), args.input);
      await validateInput(input, rule.inputType, { root, args, context, info });
      return resolver[rule.method]?.(input, context);
    };
    field.resolve = resolve;
  }
}
