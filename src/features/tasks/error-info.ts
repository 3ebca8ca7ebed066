import { Field, InputType, Int, ObjectType } from 'type-graphql';
import { Range, Text } from '../../platform/validation.js';
import { classifyError } from './classify-error.js';
import { ErrorClass } from './task-enums.js';

@ObjectType({ simpleResolvers: true, description: 'What went wrong with a task or a step.' })
export class ErrorInfo {
  @Field(() => String, { nullable: true, description: "The reporter's own code or type." })
  code: string | null;
  @Field(() => String)
  message: string;
  @Field(() => ErrorClass, { nullable: true, description: 'Worked out from what was reported.' })
  class: ErrorClass | null;
}

@InputType({ description: 'What went wrong. The more is told, the better it is classified.' })
export class ErrorInput {
  @Field(() => String, { nullable: true })
  @Text({ max: 200 })
  code?: string | null;
  @Field(() => String, { description: '1 to 100,000 characters.' })
  @Text({ max: 100_000 })
  message: string;
  @Field(() => Int, { nullable: true, description: '100 to 599.' })
  @Range(100, 599)
  httpStatus?: number | null;
  @Field(() => String, {
    nullable: true,
    description: "The provider's error type, or the exception's class.",
  })
  @Text({ max: 200 })
  type?: string | null;
}

/** The columns in which an error is kept, on tasks and steps alike. */
export interface ErrorColumns {
  errorCode: string | null;
  errorMessage: string | null;
  errorClass: ErrorClass | null;
}

export function errorColumns(error: ErrorInput | null | undefined): ErrorColumns {
  if (!error) return { errorCode: null, errorMessage: null, errorClass: null };
  return {
    errorCode: error.code ?? error.type ?? null,
    errorMessage: error.message,
    errorClass: classifyError(error).class,
  };
}

export function errorInfoOf(row: ErrorColumns): ErrorInfo | null {
  if (row.errorMessage === null) return null;
  return { code: row.errorCode, message: row.errorMessage, class: row.errorClass };
}
