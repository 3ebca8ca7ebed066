import { Arg, Ctx, FieldResolver, ID, Mutation, Resolver, Root } from 'type-graphql';
import { Access } from '../../platform/access.js';
import { RequestContext } from '../../platform/request-context.js';
import { requirePermission } from '../../platform/viewer.js';
import { ApiKey, CreatedApiKey } from './api-key.entity.js';
import type { ApiKeyService } from './api-key.service.js';
import { Project } from './project.entity.js';
import { CreateApiKeyInput } from './projects.inputs.js';

@Resolver(() => Project)
export class ApiKeyResolver {
  constructor(private readonly service: ApiKeyService) {}

  @Mutation(() => CreatedApiKey, { description: 'Makes an API key; its secret is shown this once.' })
  @Access('manage')
  createApiKey(
    @Ctx() context: RequestContext,
    @Arg('input', () => CreateApiKeyInput) input: CreateApiKeyInput,
  ): Promise<CreatedApiKey> {
    return this.service.create(context, input);
  }

  @Mutation(() => ApiKey, {
    description: 'Ends a key at once and closes its sockets; revoking it again changes nothing.',
  })
  @Access('manage')
  revokeApiKey(@Ctx() context: RequestContext, @Arg('id', () => ID) id: string): Promise<ApiKey> {
    return this.service.revoke(context, id);
  }

  @FieldResolver(() => [ApiKey], { description: 'Newest first, revoked ones too; for ADMINs.' })
  apiKeys(@Ctx() context: RequestContext, @Root() { id }: Project): Promise<ApiKey[]> {
    requirePermission(context.viewer, id, 'manage');
    return context.loader(this, (ids) => this.service.ofProjects(ids)).load(id);
  }
}
