-- Rows of the release before are one run each.
UPDATE feed SET skus = ARRAY[sku], from_versions = ARRAY[from_version], to_versions = ARRAY[to_version],
                counts = ARRAY[events];
