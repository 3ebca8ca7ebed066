import { Field, InputType } from 'type-graphql';
import { Text } from '../../platform/validation.js';

const passwordDescription =
  '10 characters or more, none of the commonest passwords, not holding the username or the name in the email address.';

@InputType()
export class RegisterInput {
  @Field(() => String, {
    description:
      '3 to 39 of the letters A to Z, digits, ".", "_" and "-", beginning with a letter or digit. Unique without regard to case.',
  })
  @Text({ max: 200 })
  username: string;

  @Field(() => String, { description: 'Unique without regard to case; 254 characters at most.' })
  @Text({ max: 1000 })
  email: string;

  @Field(() => String, { description: passwordDescription })
  @Text({ max: 1024 })
  password: string;

  @Field(() => String, {
    nullable: true,
    description: 'From inviteMember: adds the new person to a project, also where registration is closed.',
  })
  @Text({ max: 4000 })
  invitation?: string | null;
}

@InputType()
export class LoginInput {
  @Field(() => String, { description: 'The username or the email address, in any case.' })
  @Text({ max: 254 })
  login: string;

  @Field(() => String)
  @Text({ max: 1024 })
  password: string;
}

@InputType()
export class ChangePasswordInput {
  @Field(() => String)
  @Text({ max: 1024 })
  currentPassword: string;

  @Field(() => String, { description: passwordDescription })
  @Text({ max: 1024 })
  newPassword: string;
}
