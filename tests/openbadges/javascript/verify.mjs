// What Digital Bazaar's libraries make of a credential. Its folder has what is on the network:
// network.json maps addresses to files. Prints one line of JSON for each file that is named.
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {cryptosuite} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import * as vc from '@digitalbazaar/vc';
import {checkStatus} from '@digitalbazaar/vc-bitstring-status-list';
import fs from 'node:fs';
import path from 'node:path';

const [folder, ...files] = process.argv.slice(2);
const read = name => JSON.parse(fs.readFileSync(path.resolve(folder, name)));
const network = read('network.json');

async function documentLoader(url) {
  const [address, fragment] = url.split('#');
  if(!network[address]) {
    throw new Error(`nothing is at ${url}`);
  }
  let document = read(network[address]);
  if(fragment && document.verificationMethod) {
    const method = document.verificationMethod.find(one => one.id === url);
    document = {'@context': 'https://w3id.org/security/multikey/v1', ...method};
  }
  return {contextUrl: null, documentUrl: url, document};
}

const suite = new DataIntegrityProof({cryptosuite});
for(const file of files) {
  const found = await vc.verifyCredential({
    credential: read(file), suite, documentLoader,
    checkStatus: options => checkStatus({
      ...options, documentLoader, suite,
      verifyBitstringStatusListCredential: true, verifyMatchingIssuers: true
    })
  });
  const revoked = found.statusResult?.results?.some(one => one.status) ?? null;
  const why = (found.error?.errors ?? (found.error ? [found.error] : [])).map(one => one.message);
  console.log(JSON.stringify({file, verified: found.verified, revoked, why}));
}
