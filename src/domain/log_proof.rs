//! Proofs about a log, as they are answered. Hashes are SHA-256 in base64 with padding.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::vocabulary::RotatedKey;

/// A hash of the tree, base64.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(min_length = 44, max_length = 44)]
pub struct HashText(pub String);

/// That an entry is in the log (RFC 6962 §2.1.1): `hashes`, combined with `leafHash` from the lowest up, give `rootHash`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"index": 2, "leafHash": "tcAqcbcWJmkZruEFLZTSFvmewx15QP8QpIs19/+/88Q=", "treeSize": 3,
    "rootHash": "u5eTtuFbVo2BxG0mA1kQpLZa0vE3yY7wq1m8c2d4f6g=", "hashes": ["SsqSSdfFY8BtkO0SHu5Uyo/hjT0LtfdKJY8KUaFkTHE="]}))]
pub struct InclusionProof {
    /// The place of the entry, from 0.
    #[schema(minimum = 0)]
    pub index: i64,
    /// Its leaf.
    pub leaf_hash: HashText,
    /// How many entries the tree has.
    #[schema(minimum = 0)]
    pub tree_size: i64,
    /// Its root.
    pub root_hash: HashText,
    /// What lies beside the way from the leaf to the root, lowest first.
    #[schema(max_items = 64)]
    pub hashes: Vec<HashText>,
}

/// That the log was only added to between two sizes (RFC 6962 §2.1.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"fromSize": 2, "fromRootHash": "SsqSSdfFY8BtkO0SHu5Uyo/hjT0LtfdKJY8KUaFkTHE=", "toSize": 3,
    "toRootHash": "u5eTtuFbVo2BxG0mA1kQpLZa0vE3yY7wq1m8c2d4f6g=", "hashes": ["tcAqcbcWJmkZruEFLZTSFvmewx15QP8QpIs19/+/88Q="]}))]
pub struct ConsistencyProof {
    /// How many entries it had.
    #[schema(minimum = 0)]
    pub from_size: i64,
    /// The root it had.
    pub from_root_hash: HashText,
    /// How many it had later.
    #[schema(minimum = 0)]
    pub to_size: i64,
    /// The root it had later.
    pub to_root_hash: HashText,
    /// What leads from the one root to the other, lowest first; empty from an empty log, and between equal sizes.
    #[schema(max_items = 64)]
    pub hashes: Vec<HashText>,
}

/// That nothing of a part of the log was withheld: the leaves of that part, between the hashes of what lies before and after it, give `rootHash`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"indexFrom": 2, "indexTo": 3, "treeSize": 3, "rootHash": "u5eTtuFbVo2BxG0mA1kQpLZa0vE3yY7wq1m8c2d4f6g=",
    "hashes": ["SsqSSdfFY8BtkO0SHu5Uyo/hjT0LtfdKJY8KUaFkTHE="]}))]
pub struct RangeProof {
    /// The first entry of the part.
    #[schema(minimum = 0)]
    pub index_from: i64,
    /// The first entry after the part.
    #[schema(minimum = 0)]
    pub index_to: i64,
    /// How many entries the tree has.
    #[schema(minimum = 0)]
    pub tree_size: i64,
    /// Its root.
    pub root_hash: HashText,
    /// The roots of the largest full subtrees before the part and then after it, from left to right.
    #[schema(max_items = 200)]
    pub hashes: Vec<HashText>,
}

/// A checkpoint that was signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"size": 3, "rootHash": "u5eTtuFbVo2BxG0mA1kQpLZa0vE3yY7wq1m8c2d4f6g=",
    "note": "sendiass/disclosure/019b8d62-7a80-726b-b2a7-4de452e6b438\n3\nu5eTtuFbVo2BxG0mA1kQpLZa0vE3yY7wq1m8c2d4f6g=\n\n\u{2014} sendiass/disclosure/019b8d62-7a80-726b-b2a7-4de452e6b438 J5qQ\n"}))]
pub struct CheckpointRow {
    /// How many entries the log had.
    #[schema(minimum = 0)]
    pub size: i64,
    /// Its root.
    pub root_hash: HashText,
    /// The signed note (C2SP checkpoint, Ed25519).
    #[schema(max_length = 16_384)]
    pub note: String,
}

/// What a witness says of a checkpoint.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"size": 3, "line": "\u{2014} witness.example/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA=="}))]
pub struct NewCosignature {
    /// How many entries the log had.
    #[schema(minimum = 1)]
    pub size: i64,
    /// The line of signature (C2SP `cosignature/v1`), without its line feed.
    #[schema(min_length = 1, max_length = 500)]
    pub line: String,
}

/// A key that was replaced by another one.
#[derive(Clone, Debug, PartialEq, Eq, ToSchema)]
pub struct RotatedKeys {
    /// The one that was: of a log, the public key as C2SP writes it; else its public name.
    #[schema(nullable = false, max_length = 300)]
    pub from: Option<String>,
    /// What the key is for.
    pub key: RotatedKey,
    /// The one that is now.
    #[schema(nullable = false, max_length = 300)]
    pub to: Option<String>,
}

/// The checkpoint that a log does not go on from since it was put back.
#[derive(Clone, Debug, PartialEq, Eq, ToSchema)]
pub struct Follows {
    /// The name the log had.
    #[schema(max_length = 200)]
    pub origin: String,
    /// Its root.
    #[schema(max_length = 44)]
    pub root: String,
    /// How many entries it had.
    #[schema(minimum = 0)]
    pub size: i64,
}
