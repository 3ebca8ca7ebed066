import { ValidateNested } from 'class-validator';
import { Field, ID, InputType, Int } from 'type-graphql';
import { JsonScalar } from '../../platform/scalars.js';
import { Json, Range, Text } from '../../platform/validation.js';

const selector = { max: 1000 };
const address = {
  max: 2000,
  pattern: /^https?:\/\/[^\s]+$/i,
  explain: 'An address begins with http:// or https://.',
};

@InputType({ description: 'How to sign in again, by a browser; stored encrypted, never read back.' })
export class LoginRecipeInput {
  @Field(() => String, { description: 'Where the form is.' })
  @Text(address)
  url: string;

  @Field(() => String)
  @Text(selector)
  usernameSelector: string;

  @Field(() => String)
  @Text({ max: 500 })
  username: string;

  @Field(() => String)
  @Text(selector)
  passwordSelector: string;

  @Field(() => String)
  @Text({ max: 1000 })
  password: string;

  @Field(() => String)
  @Text(selector)
  submitSelector: string;
}

@InputType({
  description:
    'A session of the same site and account is put in its place. storageState and recipe stay where they are left out, and are removed by null.',
})
export class PutLoginSessionInput {
  @Field(() => ID)
  projectId: string;

  @Field(() => String, { description: 'A name for it, such as shop.example.com.' })
  @Text({ max: 200 })
  site: string;

  @Field(() => String, { description: 'Who is signed in; no secret.' })
  @Text({ max: 200 })
  account: string;

  @Field(() => String, { description: 'The page that shows whether somebody is signed in.' })
  @Text(address)
  probeUrl: string;

  @Field(() => String, {
    nullable: true,
    description:
      'What is on that page only for those who are signed in. One of the two is needed; both tell more.',
  })
  @Text(selector)
  loggedInSelector?: string | null;

  @Field(() => String, { nullable: true, description: 'What is there only for those who are not.' })
  @Text(selector)
  loggedOutSelector?: string | null;

  @Field(() => JsonScalar, {
    nullable: true,
    description:
      "Cookies and local storage, as Playwright's storageState() gives them; stored encrypted, never read back.",
  })
  @Json()
  storageState?: unknown;

  @Field(() => LoginRecipeInput, { nullable: true })
  @ValidateNested()
  recipe?: LoginRecipeInput | null;

  @Field(() => Int, { nullable: true, description: '600 unless told; 60 to 604,800.' })
  @Range(60, 604_800)
  checkEverySeconds?: number | null;
}
