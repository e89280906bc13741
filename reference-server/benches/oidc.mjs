// oidc-provider at port 3001, which knows no password grant: client credentials, a JWT signed by Ed25519.
import { Provider } from 'oidc-provider';
import { generateKeyPairSync } from 'node:crypto';

const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
const client = {
  client_id: 'demo-basic',
  client_secret: 'basic-secret-1',
  grant_types: ['client_credentials'],
  redirect_uris: [],
  response_types: [],
  id_token_signed_response_alg: 'EdDSA',
};
const resource = { scope: 'read', accessTokenFormat: 'jwt', jwt: { sign: { alg: 'EdDSA' } } };
const provider = new Provider('http://127.0.0.1:3001', {
  jwks: { keys: [{ ...jwk, use: 'sig', alg: 'EdDSA', kid: 'a' }] },
  enabledJWA: { idTokenSigningAlgValues: ['EdDSA'] },
  clients: [client],
  scopes: ['read'],
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => 'https://api.example',
      getResourceServerInfo: () => resource,
      useGrantedResource: () => true,
    },
  },
});
provider.listen(3001, '127.0.0.1', () => console.log('ready'));
