import { Field, ID, InputType, Int } from 'type-graphql';
import { Range, Text } from '../../platform/validation.js';
import { ApiKeyScope, ProjectRole } from '../auth/index.js';
import { slugForm } from './slug.js';

const nameDescription = '1 to 100 characters.';

@InputType()
export class CreateProjectInput {
  @Field(() => String, { description: nameDescription })
  @Text({ max: 100 })
  name: string;

  @Field(() => String, {
    nullable: true,
    description:
      '1 to 63 small letters, digits and hyphens, with a letter or digit at both ends. Made of the name where none is given; CONFLICT where it is taken.',
  })
  @Text({
    max: 63,
    pattern: slugForm,
    explain: 'A slug has small letters, digits and hyphens, with a letter or digit at both ends.',
  })
  slug?: string | null;
}

@InputType({ description: 'What is left out stays as it is.' })
export class UpdateProjectInput {
  @Field(() => ID)
  @Text({ max: 100 })
  id: string;

  @Field(() => String, { nullable: true, description: nameDescription })
  @Text({ max: 100 })
  name?: string | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Days after which finished tasks are deleted, 1 to 36,500; null = they are kept for good.',
  })
  @Range(1, 36_500)
  retentionDays?: number | null;
}

@InputType()
export class SetMemberInput {
  @Field(() => ID)
  @Text({ max: 100 })
  projectId: string;

  @Field(() => String, {
    description: 'Of a person with an account, in any case; else NOT_FOUND: use inviteMember.',
  })
  @Text({ max: 254 })
  email: string;

  @Field(() => ProjectRole)
  role: ProjectRole;
}

@InputType()
export class InviteMemberInput {
  @Field(() => ID)
  @Text({ max: 100 })
  projectId: string;

  @Field(() => String, { description: 'Of a person without an account; else CONFLICT: use setMember.' })
  @Text({ max: 254 })
  email: string;

  @Field(() => ProjectRole)
  role: ProjectRole;
}

@InputType()
export class CreateApiKeyInput {
  @Field(() => ID)
  @Text({ max: 100 })
  projectId: string;

  @Field(() => String, { description: nameDescription })
  @Text({ max: 100 })
  name: string;

  @Field(() => [ApiKeyScope], { description: 'One or more; a scope given twice counts once.' })
  scopes: ApiKeyScope[];

  @Field(() => Date, { nullable: true, description: 'Must lie ahead; null = it never expires.' })
  expiresAt?: Date | null;
}
