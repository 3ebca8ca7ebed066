import { Field, ObjectType } from 'type-graphql';
import { ProjectRole } from '../auth/index.js';

@ObjectType({
  simpleResolvers: true,
  description: 'Leave for one person without an account to join a project.',
})
export class CreatedInvitation {
  @Field(() => String, { description: 'The only address that can register with it.' })
  email: string;

  @Field(() => ProjectRole)
  role: ProjectRole;

  @Field(() => Date, { description: 'Seven days from now.' })
  expiresAt: Date;

  @Field(() => String, {
    description:
      'For the person alone, who passes it to register as `invitation`. Shown this once. It ends early when whoever invited no longer administers the project.',
  })
  token: string;
}
