import { Field, ID, Int, ObjectType } from 'type-graphql';

@ObjectType({ simpleResolvers: true, description: "What re-computing a project's chain of hashes found." })
export class AuditVerification {
  @Field(() => Boolean, {
    description:
      'False where a sealed entry was changed or removed, or one was slipped in among sealed ones.',
  })
  intact: boolean;

  @Field(() => Int, { description: 'Sealed entries found as they were sealed, up to the first broken one.' })
  entries: number;

  @Field(() => ID, {
    nullable: true,
    description: 'Id of the first entry that is changed, removed or slipped in; null where none is.',
  })
  firstBrokenId: string | null;

  @Field(() => Date, {
    nullable: true,
    description: 'Time of the newest entry found intact; null where none is sealed yet.',
  })
  sealedUpTo: Date | null;
}
