import { Field, ID, InputType } from 'type-graphql';
import { Text, Texts } from '../../platform/validation.js';

@InputType({ description: 'Which entries are wanted; what is left out does not narrow.' })
export class AuditFilter {
  @Field(() => [String], { nullable: true, description: 'Names of mutations or jobs; at most 50.' })
  @Texts({ max: 100, most: 50 })
  actions?: string[] | null;

  @Field(() => String, { nullable: true })
  @Text({ max: 100 })
  subjectType?: string | null;

  @Field(() => ID, { nullable: true })
  @Text({ max: 200 })
  subjectId?: string | null;

  @Field(() => Date, { nullable: true, description: 'Only entries from this moment on.' })
  after?: Date | null;

  @Field(() => Date, { nullable: true, description: 'Only entries from before this moment.' })
  before?: Date | null;
}
