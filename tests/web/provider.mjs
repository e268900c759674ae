// A real OpenID provider for the tests: accounts and the client come as JSON, its address goes out as one line.
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const { accounts, client } = JSON.parse(process.argv[2]);
const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [client],
    claims: { openid: ['sub'], email: ['email', 'email_verified'] },
    pkce: { required: () => true },
    cookies: { keys: ['for the tests only'] },
    findAccount: (_context, login) => accounts[login] && {
      accountId: login,
      claims: () => ({ sub: login, ...accounts[login] }),
    },
  });
  server.on('request', provider.callback());
  console.log(issuer);
});
process.stdin.resume().on('end', () => process.exit());
