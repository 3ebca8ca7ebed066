import { Arg, Field, Float, InputType, Int, ObjectType, Query, Resolver } from 'type-graphql';
import { Access } from '../../platform/access.js';
import { BadUserInputError } from '../../platform/errors.js';
import { JsonScalar } from '../../platform/scalars.js';
import { Json, Range, Text } from '../../platform/validation.js';
import { classifyError } from './classify-error.js';
import { ErrorClass } from './task-enums.js';

@InputType({ description: 'What is known about a fault; all of it is optional.' })
export class ClassifyErrorInput {
  @Field(() => Int, { nullable: true })
  @Range(100, 599)
  httpStatus?: number | null;
  @Field(() => String, { nullable: true })
  @Text({ max: 200 })
  code?: string | null;
  @Field(() => String, { nullable: true })
  @Text({ max: 200 })
  type?: string | null;
  @Field(() => String, { nullable: true })
  @Text({ max: 100_000 })
  message?: string | null;
  @Field(() => JsonScalar, {
    nullable: true,
    description: 'Response headers as an object; retry-after is read.',
  })
  @Json()
  headers?: unknown;
  @Field(() => String, { nullable: true })
  @Text({ max: 200 })
  provider?: string | null;
}

@ObjectType({ simpleResolvers: true })
export class ErrorClassification {
  @Field(() => ErrorClass)
  class: ErrorClass;
  @Field(() => Boolean, { description: 'Whether the same call may succeed later.' })
  retryable: boolean;
  @Field(() => Float, { nullable: true, description: 'Milliseconds to wait, where the provider said so.' })
  retryAfterMs: number | null;
  @Field(() => String, { description: 'Which fact decided.' })
  evidence: string;
}

@Resolver()
export class ClassifyErrorResolver {
  @Query(() => ErrorClassification, {
    description: 'Says what kind of fault it is, as Binnacle classifies what is reported.',
  })
  @Access('signedIn')
  classifyError(@Arg('input', () => ClassifyErrorInput) input: ClassifyErrorInput): ErrorClassification {
    const { headers } = input;
    if (headers != null && (typeof headers !== 'object' || Array.isArray(headers))) {
      throw new BadUserInputError([{ path: 'input.headers', message: 'Headers are a JSON object.' }]);
    }
    return classifyError({ ...input, headers: headers as Record<string, unknown> | null });
  }
}
