using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.DependencyInjection;
using Opportunism.Contracts.Api;
using Opportunism.Server.State;
using Opportunism.Server.Store;

namespace Opportunism.Server.Access;

/// <summary>Registers people's tokens and roles.</summary>
public static class PeopleParts
{
    /// <summary>Authenticates requests by people's tokens; a policy for each <see cref="Role"/> has the role's name.</summary>
    public static IServiceCollection AddPeople(this IServiceCollection services)
    {
        services.AddSingleton<PersonTokenStore>()
            .AddSingleton(parts => new PersonTokens(
                parts.GetRequiredService<PersonTokenStore>(), parts.GetRequiredService<StateFolder>(),
                parts.GetRequiredService<TimeProvider>()));
        services.AddAuthentication(TokenAuthentication.SchemeName)
            .AddScheme<AuthenticationSchemeOptions, TokenAuthentication>(TokenAuthentication.SchemeName, null);
        var policies = services.AddAuthorizationBuilder();
        foreach (var role in Enum.GetNames<Role>()) policies.AddPolicy(role, policy => policy.RequireRole(role));
        return services;
    }
}
