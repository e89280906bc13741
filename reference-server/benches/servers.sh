#!/bin/sh
# Answers a second of token servers on core 0, asked by oha on core 1: five rounds by turns. What has to run before is told
# in harness/benches/peers.md.
PASSWORD='grant_type=password&username=alice&password=wonderland-7&scope=read'
CLIENT='grant_type=client_credentials&scope=read'

ask() { # name, port and path, form
    taskset -c 1 oha -z 2s -c 32 --no-tui --output-format json -m POST -d "$3" -T application/x-www-form-urlencoded \
        -H 'authorization: Basic ZGVtby1iYXNpYzpiYXNpYy1zZWNyZXQtMQ==' "http://127.0.0.1:$2" |
        node -e 'const { summary, statusCodeDistribution } = JSON.parse(require("fs").readFileSync(0));
                 console.log(process.argv[1], Math.round(summary.requestsPerSec), JSON.stringify(statusCodeDistribution))' "$1"
}

for round in 1 2 3 4 5; do
    ask 'reference server, password        ' 3000/demo/demo/oauth2/token "$PASSWORD"
    ask 'reference server, password, openid' 3000/demo/demo/oauth2/token "$PASSWORD+openid"
    ask 'reference server, client          ' 3000/demo/demo/oauth2/token "$CLIENT"
    ask 'oidc-provider, client             ' 3001/token "$CLIENT"
    ask 'mock RS256, password              ' 3002/token "$PASSWORD"
    ask 'mock RS256, client                ' 3002/token "$CLIENT"
    ask 'mock EdDSA, password              ' 3003/token "$PASSWORD"
    ask 'mock EdDSA, client                ' 3003/token "$CLIENT"
done
