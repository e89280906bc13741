// oauth2-mock-server, which signs as its README has it, or by the algorithm that is named, at port 3002 or the one named.
import { OAuth2Server } from 'oauth2-mock-server';

const [algorithm = 'RS256', port = '3002'] = process.argv.slice(2);
const server = new OAuth2Server();
await server.issuer.keys.generate(algorithm);
await server.start(Number(port), '127.0.0.1');
console.log('ready');
