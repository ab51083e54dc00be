"""Open Badges 3.0: what somebody has earned, as a credential that anybody can verify.

`earned` is what there is to say, `credential` puts it in the words of the standard, `proofs` signs
it, `baking` puts it into a picture, and `issuing` does all of it. Whether it has been taken back is
told by `status`. `identity` and `keys` are who signs. `verifying` reads such a credential as a
stranger would, knowing nothing but what it says and what its issuer publishes.

Nothing here knows of the database or of Flask.

Sources: Open Badges 3.0 (1EdTech), Verifiable Credentials Data Model 2.0, Data Integrity EdDSA
Cryptosuites 1.0, Bitstring Status List 1.0 (W3C), did:web (W3C CCG).
"""
