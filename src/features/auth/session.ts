import { Field, ObjectType } from 'type-graphql';
import type { SessionTokens } from './session-tokens.js';
import { User } from './user.entity.js';

@ObjectType({ simpleResolvers: true, description: 'What signing in answers.' })
export class Session {
  @Field(() => String, {
    description: 'Send it as "Authorization: Bearer …", and over a WebSocket as the same in connection_init.',
  })
  token: string;

  @Field(() => Date, { description: 'When the token ends; renewSession answers a new one before that.' })
  expiresAt: Date;

  @Field(() => User)
  user: User;
}

/** A new session of a person, in the generation that the person was read with. */
export async function openSession(tokens: SessionTokens, user: User): Promise<Session> {
  const { token, claims } = await tokens.issue(user.id, user.sessionGeneration);
  user.isSelf = true;
  return { token, expiresAt: claims.expiresAt, user };
}
